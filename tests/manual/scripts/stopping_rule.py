# Section 2.16.2, Stopping Rules.
import sherpa

study = sherpa.Study([sherpa.Choice('level', [1, 2, 3, 4])],
                     sherpa.algorithms.GridSearch(),
                     lower_is_better=True,
                     stopping_rule=sherpa.algorithms.MedianStoppingRule(min_iterations=2, min_trials=2))
for trial in study:
    for iteration in range(1, 6):
        study.add_observation(trial, trial.parameters['level'] / iteration, iteration)
        if study.should_trial_stop(trial):
            study.finalize(trial, status='STOPPED')
            break
    else:
        study.finalize(trial)
final = study.results.query("Status != 'INTERMEDIATE'")
assert list(final['Status']) == ['COMPLETED', 'COMPLETED', 'STOPPED', 'STOPPED']
assert list(final['Iteration']) == [5, 5, 2, 2]
