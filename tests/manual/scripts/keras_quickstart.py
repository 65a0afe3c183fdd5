# Section 2.10, Quickstart: the Keras trial-script, and its runner-script with fewer trials.
import sherpa

with open('./trial.py', 'w') as file:
    file.write('''
import sherpa
client = sherpa.Client()
trial = client.get_trial()

from keras.datasets import mnist
(x_train, y_train), _ = mnist.load_data()

from keras.models import Sequential
from keras.layers import Dense
model = Sequential()
model.add(Dense(units=trial.parameters['num_units'], activation='relu', input_dim=100))
model.add(Dense(units=10, activation='softmax'))
model.compile(loss='categorical_crossentropy',
              optimizer='sgd',
              metrics=['accuracy'])

callbacks = [client.keras_send_metrics(trial, objective_name='val_loss',
             context_names=['val_acc'])]
model.fit(x_train, y_train, epochs=5, batch_size=32, callbacks=callbacks)
'''.replace('import sherpa\n', IMPORT))

parameters = [sherpa.Choice('num_units', [100, 200, 300]),]
alg = sherpa.algorithms.RandomSearch(max_num_trials=3)
rval = sherpa.optimize(parameters=parameters,
                       algorithm=alg,
                       lower_is_better=True,  # Minimize objective
                       filename='./trial.py',  # Python script to run, where the model was defined
                       scheduler=sherpa.schedulers.LocalScheduler(),  # Run on local machine
                       )
assert rval['Iteration'] == 5
assert set(rval) == {'Trial-ID', 'Iteration', 'Objective', 'num_units', 'val_acc'}
