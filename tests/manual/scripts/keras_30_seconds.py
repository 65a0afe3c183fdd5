# Section 2.2, From Keras to Sherpa in 30 seconds.
import sherpa
from keras.datasets import mnist
from keras.layers import Dense
from keras.models import Sequential

(x_train, y_train), _ = mnist.load_data()
parameters = [sherpa.Discrete('num_units', [50, 200])]
alg = sherpa.algorithms.RandomSearch(max_num_trials=50)
study = sherpa.Study(parameters=parameters,
                     algorithm=alg,
                     lower_is_better=True)
for trial in study:
    model = Sequential()
    model.add(Dense(units=trial.parameters['num_units'],
                    activation='relu', input_dim=100))
    model.add(Dense(units=10, activation='softmax'))
    model.compile(loss='categorical_crossentropy',
                  optimizer='sgd',
                  metrics=['accuracy'])
    model.fit(x_train, y_train, epochs=5, batch_size=32,
              callbacks=[study.keras_callback(trial, objective_name='val_loss')])
    study.finalize(trial)

completed = study.results.query("Status == 'COMPLETED'")
assert len(completed) == 50
assert (completed['Iteration'] == 5).all()
assert study.get_best_result()['num_units'] == completed['num_units'].max()
