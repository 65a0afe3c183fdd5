# Section 2.1.2 runs examples/simple.py: a study of a function, iteration by iteration.
import sherpa

parameters = [sherpa.Choice(name="param_a", range=[1, 2, 3]),
              sherpa.Continuous(name="param_b", range=[0, 1])]
algorithm = sherpa.algorithms.RandomSearch(max_num_trials=10)
study = sherpa.Study(parameters=parameters,
                     algorithm=algorithm,
                     lower_is_better=True)

num_iterations = 10
for trial in study:
    for i in range(num_iterations):
        pseudo_objective = trial.parameters['param_a'] / float(i + 1) * trial.parameters['param_b']
        study.add_observation(trial=trial, iteration=i+1,
                              objective=pseudo_objective)
    study.finalize(trial=trial)

best = study.get_best_result()
assert best['Iteration'] == 10
assert best['Objective'] == study.results['Objective'].min()
assert isinstance(trial, sherpa.Trial) and sherpa.core.Trial is sherpa.Trial
assert study.get_suggestion() is sherpa.AlgorithmState.DONE
