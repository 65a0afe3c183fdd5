# Section 2.13, SGE, with the runner- and trial-scripts of section 2.12; STORAGE is the test's.
import os

import sherpa

with open('./profile', 'w') as file:
    file.write('export FROM_THE_PROFILE=yes\n')
with open('./trial.py', 'w') as file:
    file.write('''
import os
import sherpa
client = sherpa.Client()
trial = client.get_trial()

# Model training
num_iterations = 3
for i in range(num_iterations):
    pseudo_objective = trial.parameters['param_a'] / float(i + 1) * trial.parameters['param_b']
    client.send_metrics(trial=trial, iteration=i+1,
                        objective=pseudo_objective,
                        context={'profile': os.environ['FROM_THE_PROFILE'],
                                 'job': os.environ['JOB_NAME']})
'''.replace('import sherpa\n', IMPORT))

parameters = [sherpa.Choice(name="param_a",
                            range=[1, 2, 3]),
              sherpa.Continuous(name="param_b",
                                range=[0, 1])]
algorithm = sherpa.algorithms.RandomSearch(max_num_trials=2)
scheduler = sherpa.schedulers.SGEScheduler(submit_options='-N example -q main.q',
                                           environment='./profile',
                                           output_dir='./sge')
results = sherpa.optimize(parameters=parameters,
                          algorithm=algorithm,
                          lower_is_better=True,
                          filename='./trial.py',
                          output_dir='./out',
                          scheduler=scheduler,
                          max_concurrent=2,
                          verbose=1,
                          disable_dashboard=True,
                          **STORAGE)
assert results['Iteration'] == 3
assert results['profile'] == 'yes'
assert os.listdir('./sge')
