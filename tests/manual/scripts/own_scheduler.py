# Section 2.18, Writing Schedulers: the three methods of the manual, and a client that names its module.
import subprocess

import sherpa


class MyScheduler(sherpa.schedulers.Scheduler):
    def __init__(self):
        self.jobs = {}

    def submit_job(self, command, env={}, job_name=''):
        assert env['SHERPA_TRIAL_ID'] and job_name
        job = subprocess.Popen(command, env=env if 'PATH' in env else {**ENVIRONMENT, **env})
        self.jobs[str(job.pid)] = job
        return str(job.pid)

    def get_status(self, job_id):
        status = sherpa.schedulers._JobStatus
        return {None: status.running, 0: status.finished}.get(self.jobs[job_id].poll(), status.failed)

    def kill_job(self, job_id):
        self.jobs[job_id].kill()


from os import environ as ENVIRONMENT

with open('./trial.py', 'w') as file:
    file.write('''
import sherpa
client = sherpa.database.Client()
trial = client.get_trial()
client.send_metrics(trial=trial, iteration=1, objective=trial.parameters['x'])
'''.replace('import sherpa\n', IMPORT))

results = sherpa.core.optimize([sherpa.core.Continuous('x', [1, 2])],
                               sherpa.algorithms.RandomSearch(max_num_trials=2),
                               lower_is_better=False,
                               scheduler=MyScheduler(),
                               command='python trial.py',
                               output_dir='out')
assert 1 <= results['Objective'] == results['x'] <= 2
