# Section 2.8, Local Search.
import sherpa

parameters = [sherpa.Continuous('lrinit', [0.1, 0.01], 'log'),
              sherpa.Continuous('momentum', [0., 0.99]),
              sherpa.Continuous('lrdecay', [1e-2, 1e-7], 'log'),
              sherpa.Continuous('dropout', [0., 0.5])]
algorithm = sherpa.algorithms.LocalSearch(
    seed_configuration={'lrinit': 0.038, 'lrdecay': 1.2e-4, 'momentum': 0.92, 'dropout': 0.},
    perturbation_factors=(0.9, 1.1))
study = sherpa.Study(parameters, algorithm, lower_is_better=True)
for trial in study:
    study.add_observation(trial, objective=abs(trial.parameters['momentum'] - 0.5))
    study.finalize(trial)
assert abs(study.get_best_result()['momentum'] - 0.5) < 0.05
