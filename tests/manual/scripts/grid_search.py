# Section 2.4.2, Grid Search.
import sherpa

hp_space = {'act': ['tanh', 'relu'],
            'lrinit': [0.1, 0.01],
            }
parameters = sherpa.Parameter.grid(hp_space)
alg = sherpa.algorithms.GridSearch()

study = sherpa.Study(parameters, alg, True)
seen = []
for trial in study:
    seen.append((trial.parameters['act'], trial.parameters['lrinit']))
    study.add_observation(trial, 1.0)
    study.finalize(trial)
assert sorted(seen) == [('relu', 0.01), ('relu', 0.1), ('tanh', 0.01), ('tanh', 0.1)]
