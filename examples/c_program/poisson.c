/* Solves Poisson's equation on a square by successive over-relaxation: poisson OMEGA ORDER
 *
 * Prints, after every tenth sweep, its number and the logarithm of the largest error. ORDER is `rows`
 * (from the first point to the last) or `checkers` (first every other point, then the rest).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 64
#define SWEEPS 100

static double u[N + 2][N + 2];

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s OMEGA ORDER\n", argv[0]);
        return 2;
    }
    double omega = atof(argv[1]), wave[N + 2], step = acos(-1) / (N + 1);
    int colours = strcmp(argv[2], "checkers") == 0 ? 2 : 1;
    for (int i = 0; i < N + 2; i++)
        wave[i] = sin(step * i); /* wave[i] * wave[j] is the solution */
    for (int sweep = 1; sweep <= SWEEPS; sweep++) {
        for (int colour = 0; colour < colours; colour++)
            for (int i = 1; i <= N; i++)
                for (int j = 1; j <= N; j++)
                    if ((i + j) % colours == colour) {
                        double source = 4 * (1 - cos(step)) * wave[i] * wave[j];
                        double around = u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1];
                        u[i][j] += omega * ((around + source) / 4 - u[i][j]);
                    }
        if (sweep % 10 == 0) {
            double largest = 0;
            for (int i = 1; i <= N; i++)
                for (int j = 1; j <= N; j++)
                    largest = fmax(largest, fabs(u[i][j] - wave[i] * wave[j]));
            printf("%d %.6f\n", sweep, log10(largest));
            fflush(stdout); /* a line that waits in a buffer is not reported */
        }
    }
    return 0;
}
