# Section 2.2 points to examples/randomforest.py: a Random Forest, with fewer trials.
import sherpa
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

parameters = [sherpa.Discrete('n_estimators', [2, 20]),
              sherpa.Choice('criterion', ['gini', 'entropy']),
              sherpa.Continuous('max_features', [0.1, 0.9])]
algorithm = sherpa.algorithms.Repeat(sherpa.algorithms.RandomSearch(max_num_trials=3), num_times=2)
study = sherpa.Study(parameters=parameters,
                     algorithm=algorithm,
                     lower_is_better=False,
                     disable_dashboard=True)

X, y = load_breast_cancer(return_X_y=True)
for trial in study:
    model = RandomForestClassifier(criterion=trial.parameters['criterion'],
                                   max_features=trial.parameters['max_features'],
                                   n_estimators=trial.parameters['n_estimators'],
                                   random_state=trial.id)
    scores = cross_val_score(model, X, y, cv=3)
    study.add_observation(trial, iteration=1, objective=scores.mean())
    study.finalize(trial)

completed = study.results.query("Status == 'COMPLETED'")
assert len(completed) == 6
assert len(completed.groupby(['n_estimators', 'max_features'])) == 3
assert study.get_best_result()['Objective'] > 0.9
