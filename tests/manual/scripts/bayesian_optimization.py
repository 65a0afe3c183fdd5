# Section 2.5, Bayesian Optimization, with fewer trials.
import sherpa

parameters = [sherpa.Continuous('lrinit', [0.1, 0.01], 'log'),
              sherpa.Continuous('momentum', [0., 0.99]),
              sherpa.Continuous('lrdecay', [1e-2, 1e-7], 'log'),
              sherpa.Continuous('dropout', [0., 0.5])]
algorithm = sherpa.algorithms.GPyOpt(max_num_trials=10)
study = sherpa.Study(parameters, algorithm, lower_is_better=True, random_seed=1)


class Model:
    def __init__(self, parameters):
        self.error = abs(parameters['momentum'] - 0.9) + parameters['dropout']

    def fit(self, epochs):
        return self.error / 2

    def evaluate(self):
        return self.error


def init_model(parameters):
    return Model(parameters)


num_iterations = 2
for trial in study:
    model = init_model(trial.parameters)
    for iteration in range(num_iterations):
        training_error = model.fit(epochs=1)
        validation_error = model.evaluate()
        study.add_observation(trial=trial,
                              iteration=iteration,
                              objective=validation_error,
                              context={'training_error': training_error})
    study.finalize(trial)

completed = study.results.query("Status == 'COMPLETED'")
assert len(completed) == 10
assert completed['lrinit'].between(0.01, 0.1).all()
assert completed['lrdecay'].between(1e-7, 1e-2).all()
# The first five (number of parameters + 1) are random, the others learn from them.
assert completed['Objective'][5:].min() < completed['Objective'][:5].min()
