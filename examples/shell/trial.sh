#!/bin/sh
# One trial of study.toml: trial.sh RATE DECAY PENALTY, called by
#
#   sherpa run examples/shell/study.toml
#
# Trains in awk, and reports the error on held-out data after each epoch with `sherpa tell`. The
# runner says in the environment which study and which trial these are, and ends the script when
# the trial is to stop.
set -eu

data=$(python -c 'import sklearn.datasets.data as data; print(*data.__path__)')

awk -F, -v rate="$1" -v decay="$2" -v penalty="$3" '
function probability(n,    i, sum) {
    sum = weight[0]
    for (i = 1; i < NF; i++) sum += weight[i] * x[n, i]
    return sum < -30 ? 0 : 1 / (1 + exp(-sum))
}
NR > 1 {                                            # the first line has names
    malignant[NR] = !$NF
    for (i = 1; i < NF; i++) { x[NR, i] = $i; mean[i] += $i }
}
END {
    for (n = 2; n <= NR; n++)
        for (i = 1; i < NF; i++) x[n, i] *= (NR - 1) / mean[i]
    for (epoch = 1; epoch <= 4; epoch++) {
        wrong = total = 0
        for (n = 2; n <= NR; n++) {
            if (n % 4 == 0) continue                # every fourth tumour is held out
            step = rate * (malignant[n] - probability(n))
            weight[0] += step
            for (i = 1; i < NF; i++) weight[i] += step * x[n, i] - rate * penalty * weight[i]
        }
        for (n = 4; n <= NR; n += 4) {
            total++
            wrong += malignant[n] != (probability(n) > 0.5)
        }
        rate *= decay
        print epoch, 100 * wrong / total
    }
}' "$data/breast_cancer.csv" |
while read -r epoch error; do
    sherpa tell "$SHERPA_OUTPUT_DIR" "$SHERPA_TRIAL_ID" "$error" --iteration "$epoch" --running
done
