# Section 2.6, Population Based Training.
import os
import shutil
import tempfile

import keras.backend as K
import numpy as np
import sherpa
from keras.datasets import mnist
from keras.layers import Dense, Flatten
from keras.models import Sequential, load_model
from keras.optimizers import Adam

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0

parameters = [sherpa.Continuous('learning_rate', [1e-4, 1e-2], 'log')]
algorithm = sherpa.algorithms.PopulationBasedTraining(population_size=5,
                                                      num_generations=5,
                                                      perturbation_factors=(0.8, 1.2),
                                                      parameter_range={'learning_rate': [1e-6, 1e-1]})
study = sherpa.Study(parameters=parameters,
                     algorithm=algorithm,
                     lower_is_better=False,
                     dashboard_port=8997)
model_dir = tempfile.mkdtemp()
for trial in study:
    generation = trial.parameters['generation']
    load_from = trial.parameters['load_from']
    training_lr = trial.parameters['learning_rate']
    if load_from == "":
        # Create model
        model = Sequential([Flatten(input_shape=(28, 28)),
                            Dense(64, activation='relu'),
                            Dense(10, activation='softmax')])
        # Use learning rate parameter for optimizer
        optimizer = Adam(lr=training_lr)
        model.compile(loss='sparse_categorical_crossentropy',
                      optimizer=optimizer,
                      metrics=['accuracy'])
    else:
        # Loading model
        model = load_model(os.path.join(model_dir, load_from))
        if not np.isclose(K.get_value(model.optimizer.lr), training_lr):
            K.set_value(model.optimizer.lr, training_lr)
    # Train model for one epoch
    model.fit(x_train, y_train)
    loss, accuracy = model.evaluate(x_test, y_test)
    study.add_observation(trial=trial, iteration=generation,
                          objective=accuracy,
                          context={'loss': loss})
    study.finalize(trial=trial)
    model.save(os.path.join(model_dir, trial.parameters['save_to']))
    study.save(model_dir)

best = study.get_best_result()
assert best['generation'] == 5
assert len(best['lineage'].split(',')) == 5
assert os.path.exists(os.path.join(model_dir, best['save_to']))

# The lines of the manual's plots: each member of the last generation with its ancestors.
completed = study.results.query("Status == 'COMPLETED'")
drawn = 0
for j in range(1, 6):
    descendants = completed[(completed['lineage'].str.startswith('{},'.format(j)).fillna(False))]
    for i, row in descendants.iterrows():
        for tid in row['lineage'].split(",")[:-1]:
            assert len(completed.loc[completed['Trial-ID'] == int(tid)]['Objective'].values) == 1
            drawn += 1
assert drawn == sum(5 * generation for generation in range(1, 5))
shutil.rmtree(model_dir)
