# Sections 2.10 and 2.12, the runner-script; the trial-script is written beside it.
import tempfile

import sherpa

filename = './trial.py'
with open(filename, 'w') as file:
    file.write('''
import sherpa
client = sherpa.Client()
trial = client.get_trial()

# Model training
num_iterations = 10
for i in range(num_iterations):
    pseudo_objective = trial.parameters['param_a'] / float(i + 1) * trial.parameters['param_b']
    client.send_metrics(trial=trial, iteration=i+1,
                        objective=pseudo_objective)
'''.replace('import sherpa\n', IMPORT))

parameters = [sherpa.Choice(name="param_a",
                            range=[1, 2, 3]),
              sherpa.Continuous(name="param_b",
                                range=[0, 1])]
algorithm = sherpa.algorithms.RandomSearch(max_num_trials=4)
scheduler = sherpa.schedulers.LocalScheduler()
tempdir = tempfile.mkdtemp()
results = sherpa.optimize(parameters=parameters,
                          algorithm=algorithm,
                          lower_is_better=True,
                          filename=filename,
                          output_dir=tempdir,
                          scheduler=scheduler,
                          max_concurrent=2,
                          verbose=1)
assert results['Iteration'] == 10
assert set(results) == {'Trial-ID', 'Iteration', 'Objective', 'param_a', 'param_b'}
