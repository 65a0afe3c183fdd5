# Section 2.9, Writing Your Own Algorithm.
import numpy as np
import sherpa


class MyAlgorithm(sherpa.algorithms.Algorithm):
    def get_suggestion(self, parameters, results, lower_is_better):
        """
        Create a new parameter value as a random mixture of some of the best
        trials and sampling from original distribution.

        Returns:
            dict: parameter values dictionary
        """
        # Choose 2 of the top trials and get their parameter values
        trial_1_params = self._get_candidate(parameters, results, lower_is_better)
        trial_2_params = self._get_candidate(parameters, results, lower_is_better)
        params_values_for_next_trial = {}
        for param_name in trial_1_params.keys():
            param_origin = np.random.randint(3)  # randomly choose where to get the value from
            if param_origin == 1:
                params_values_for_next_trial[param_name] = trial_1_params[param_name]
            elif param_origin == 2:
                params_values_for_next_trial[param_name] = trial_2_params[param_name]
            else:
                for parameter_object in parameters:
                    if param_name == parameter_object.name:
                        params_values_for_next_trial[param_name] = parameter_object.sample()
        return params_values_for_next_trial

    def _get_candidate(self, parameters, results, lower_is_better, min_candidates=10):
        """
        Samples candidates parameters from the top 33% of population.

        Returns:
            dict: parameter dictionary.
        """
        if results.shape[0] > 0:  # In case this is the first trial
            population = results.loc[results['Status'] != 'INTERMEDIATE', :]  # select only completed trials
        else:  # In case this is the first trial
            population = None
        if population is None or population.shape[0] < min_candidates:  # Generate random values
            trial_param_values = {}
            for parameter_object in parameters:
                trial_param_values[parameter_object.name] = parameter_object.sample()
            return trial_param_values
        population = population.sort_values(by='Objective', ascending=lower_is_better)
        idx = np.random.randint(low=0, high=population.shape[0] // 3)  # pick randomly among top 33%
        d = population.iloc[idx].to_dict()  # extract the trial values on results table
        trial_param_values = {param.name: d[param.name] for param in parameters}  # Select only parameter values
        return trial_param_values


def run():
    study = sherpa.Study([sherpa.Continuous('x', [-1, 1]), sherpa.Discrete('n', [1, 9]),
                          sherpa.Choice('kind', ['a', 'b'])],
                         MyAlgorithm(), lower_is_better=True, random_seed=3)
    for trial in study:
        study.add_observation(trial, trial.parameters['x'] ** 2)
        study.finalize(trial)
        if trial.id == 60:
            return study


study = run()
assert abs(study.get_best_result()['x']) < 0.2
assert all(type(trial.parameters['n']) is int for trial in study.history.trials.values())
again = run()  # a seed makes an algorithm reproducible that draws from NumPy's global generator
assert [t.parameters for t in again.history.trials.values()] == [
    t.parameters for t in study.history.trials.values()]
