# Section 2.3, A Guide to SHERPA: the double loop.
import sherpa

parameters = [sherpa.Continuous(name='lr', range=[0.005, 0.1], scale='log'),
              sherpa.Continuous(name='dropout', range=[0., 0.4]),
              sherpa.Ordinal(name='batch_size', range=[16, 32, 64]),
              sherpa.Discrete(name='num_hidden_units', range=[100, 300]),
              sherpa.Choice(name='activation', range=['relu', 'elu', 'prelu'])]
algorithm = sherpa.algorithms.RandomSearch(max_num_trials=15)
study = sherpa.Study(parameters=parameters,
                     algorithm=algorithm,
                     lower_is_better=False)


class Model:
    def __init__(self, parameters):
        self.quality = parameters['num_hidden_units'] / 300

    def fit(self, epochs):
        return 1 - self.quality

    def evaluate(self):
        return self.quality


def init_model(parameters):
    return Model(parameters)


num_iterations = 3
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

assert list(study.results.columns)[:10] == [
    'Trial-ID', 'Status', 'Iteration', 'activation', 'batch_size', 'dropout', 'lr',
    'num_hidden_units', 'Objective', 'training_error']
assert len(study.results) == 15 * 4
assert set(study.get_best_result()) == {
    'Trial-ID', 'Iteration', 'activation', 'batch_size', 'dropout', 'lr', 'num_hidden_units',
    'Objective', 'training_error'}
