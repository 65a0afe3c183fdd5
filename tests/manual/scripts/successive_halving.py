# Section 2.7, Asynchronous Successive Halving (ASHA).
import os
import shutil
import tempfile

import sherpa
import sherpa.algorithms.bayesian_optimization as bayesian_optimization
from keras.datasets import mnist
from keras.layers import Dense, Flatten
from keras.models import Sequential, load_model
from keras.optimizers import Adam

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0

parameters = [sherpa.Continuous('learning_rate', [1e-4, 1e-2], 'log'),
              sherpa.Discrete('num_units', [32, 128]),
              sherpa.Choice('activation', ['relu', 'tanh', 'sigmoid'])]
algorithm = alg = sherpa.algorithms.SuccessiveHalving(r=1, R=9, eta=3, s=0, max_finished_configs=1)
study = sherpa.Study(parameters=parameters,
                     algorithm=algorithm,
                     lower_is_better=False,
                     dashboard_port=8995)
model_dir = tempfile.mkdtemp()
for trial in study:
    # Getting number of training epochs
    initial_epoch = {1: 0, 3: 1, 9: 4}[trial.parameters['resource']]
    epochs = trial.parameters['resource'] + initial_epoch
    if trial.parameters['load_from'] == "":
        # Get hyperparameters
        lr = trial.parameters['learning_rate']
        num_units = trial.parameters['num_units']
        act = trial.parameters['activation']
        # Create model
        model = Sequential([Flatten(input_shape=(28, 28)),
                            Dense(num_units, activation=act),
                            Dense(10, activation='softmax')])
        optimizer = Adam(lr=lr)
        model.compile(loss='sparse_categorical_crossentropy',
                      optimizer=optimizer,
                      metrics=['accuracy'])
    else:
        # Loading model
        model = load_model(os.path.join(model_dir, trial.parameters['load_from']))
    # Train model
    for i in range(initial_epoch, epochs):
        model.fit(x_train, y_train, initial_epoch=i, epochs=i + 1)
        loss, accuracy = model.evaluate(x_test, y_test)
        study.add_observation(trial=trial, iteration=i,
                              objective=accuracy,
                              context={'loss': loss})
    study.finalize(trial=trial)
    model.save(os.path.join(model_dir, trial.parameters['save_to']))
    study.save(model_dir)

best = study.get_best_result()
assert best['rung'] == 2 and best['resource'] == 9
assert os.path.exists(os.path.join(model_dir, best['save_to']))
assert model.epochs == 13
assert bayesian_optimization.GPyOpt is sherpa.algorithms.GPyOpt
shutil.rmtree(model_dir)
