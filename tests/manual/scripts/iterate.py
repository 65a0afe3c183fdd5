# Section 2.4.9, Iterate, given to add_trial and to the algorithm; the study is saved and shown again.
import sherpa
from sherpa.algorithms import Iterate

configurations = [{'lr': 0.01, 'act': 'relu'}, {'lr': 0.1, 'act': 'tanh'}]
parameters = [sherpa.Parameter.from_dict({'name': 'lr', 'type': 'continuous', 'range': [0.001, 1.],
                                          'scale': 'log'}),
              sherpa.core.Choice('act', ['relu', 'tanh'])]
study = sherpa.core.Study(parameters, Iterate(hp_iter=configurations), lower_is_better=True,
                          output_dir='out')
study.add_trial(sherpa.core.Trial(1, {'lr': 0.5, 'act': 'relu'}))
for trial in study:
    study.add_observation(trial=trial, objective=trial.parameters['lr'], context={'note': 'x'})
    study.finalize(trial=trial, status='COMPLETED')
study.save()

completed = study.results.query("Status == 'COMPLETED'")
assert list(completed['lr']) == [0.5, 0.01, 0.1]
assert list(completed['note']) == ['x', 'x', 'x']
shown = sherpa.Study.load_dashboard('out')
assert shown.get_best_result() == study.get_best_result()
