# Kernel densities by R's spatstat, on simple windows written here, with and without edge correction.
#
# spatstat's sigma is the standard deviation of a kernel along one axis. The quartic of radius b has
# variance b^2 / 8 along an axis (6 x integral of r^3 (1 - r^2)^2 from 0 to 1, halved), so
# sigma = b / sqrt(8). edge = TRUE with diggle = FALSE divides by the kernel mass inside the window
# at the place where the density is wanted.
#
# Points lie on pixel centres, so that both programs put all of a point's weight on one pixel:
# spatstat moves a point to its pixel, ours shares it among four.

source("tests/reference/r/golden.R")
suppressMessages(library(spatstat.explore))
options(warn = 2) # a warning would be a value we do not understand

cell <- 50
nx <- 26
ny <- 20

# Corners of each window, anticlockwise (a hole clockwise). No pixel centre lies on an edge.
windows <- list(
  square = list(rbind(c(0, 0), c(1300, 0), c(1300, 1000), c(0, 1000))),
  corner = list(rbind(c(0, 0), c(1300, 0), c(1300, 400), c(500, 400), c(500, 1000), c(0, 1000))),
  coast = list(rbind(c(0, 0), c(1300, 0), c(1300, 310), c(860, 710), c(0, 1000))),
  lake = list(
    rbind(c(0, 0), c(1300, 0), c(1300, 1000), c(0, 1000)),
    rbind(c(400, 300), c(400, 700), c(900, 700), c(900, 300))
  )
)

as_window <- function(rings) {
  # Not owin's own check of the rings: what is an outline and what a hole is said by their turn.
  owin(xrange = c(0, nx * cell), yrange = c(0, ny * cell),
       poly = lapply(rings, function(ring) list(x = ring[, 1], y = ring[, 2])))
}

# Park and Miller's generator (1988): whole numbers that any language can make again.
drawn <- function(count, state) {
  vapply(seq_len(count), function(step) {
    state <<- (16807 * state) %% 2147483647
    state / 2147483647
  }, numeric(1))
}
pixels <- unique(floor(drawn(80, 20261122) * nx * ny))
x <- (pixels %% nx + 0.5) * cell
y <- (pixels %/% nx + 0.5) * cell
weight <- 1 + seq_along(pixels) %% 4

golden <- list(
  source = source_of("spatstat.explore", "spatstat_density.R", "points and windows written in the script"),
  inputs = list(cell = cell, nx = nx, ny = ny, x = x, y = y, weight = weight),
  windows = windows
)
# Rows from south to north, as our grids are; outside the window NA. Per km2; ten digits keep it small.
short <- function(image) signif(1e6 * as.matrix(image), 10)

for (name in names(windows)) {
  window <- as_window(windows[[name]])
  inside <- inside.owin(x, y, window)
  points <- ppp(x[inside], y[inside], window = window)
  w <- weight[inside]
  b <- 300
  size <- c(ny, nx)
  if (name %in% c("square", "coast")) {
    golden[[paste(name, "quartic none")]] <- made_by(short(density(
      points, sigma = b / sqrt(8), kernel = "quartic", edge = FALSE, weights = w, dimyx = size)))
  }
  golden[[paste(name, "quartic land")]] <- made_by(short(density(
    points, sigma = b / sqrt(8), kernel = "quartic", edge = TRUE, diggle = FALSE, weights = w, dimyx = size)))
}
# The Gaussian. At 420 m our cut at four standard deviations (1,680 m) lies beyond the window's
# diagonal (1,640 m), so that nothing of the kernel is cut inside the window.
window <- as_window(windows$coast)
inside <- inside.owin(x, y, window)
points <- ppp(x[inside], y[inside], window = window)
w <- weight[inside]
b <- 420
golden[["coast gaussian wide land"]] <- made_by(short(density(
  points, sigma = b, kernel = "gaussian", edge = TRUE, diggle = FALSE, weights = w, dimyx = size)))
b <- 250
golden[["coast gaussian none"]] <- made_by(short(density(
  points, sigma = b, kernel = "gaussian", edge = FALSE, weights = w, dimyx = size)))
golden[["coast gaussian land"]] <- made_by(short(density(
  points, sigma = b, kernel = "gaussian", edge = TRUE, diggle = FALSE, weights = w, dimyx = size)))

# Leave-one-out densities at the points, whose logarithms likelihood cross-validation adds up
# (bw.ppl), without edge correction and weights. spatstat sums over pairs of points here, not over
# pixels. The `loose` points lie anywhere.
square <- as_window(windows$square)
points <- ppp(x, y, window = square)
loose <- ppp(round(drawn(60, 1) * 1300, 1), round(drawn(60, 2) * 1000, 1), window = square)
left_out <- function(at, sigma, kernel) {
  signif(1e6 * as.numeric(density(
    at, sigma = sigma, kernel = kernel, at = "points", leaveoneout = TRUE, edge = FALSE
  )), 10)
}
golden$leave_one_out <- list(
  call = "1e6 * density(points, sigma, kernel, at = 'points', leaveoneout = TRUE, edge = FALSE)",
  quartic_300 = left_out(points, 300 / sqrt(8), "quartic"),
  quartic_700 = left_out(points, 700 / sqrt(8), "quartic"),
  gaussian_420 = left_out(points, 420, "gaussian"),
  loose_x = loose$x,
  loose_y = loose$y,
  loose_quartic_300 = left_out(loose, 300 / sqrt(8), "quartic")
)

# Abramson's bandwidths from a corrected quartic pilot, at most twice the pilot's. Then a density
# with a bandwidth for each point: a sum of densities of the points that share one.
pilot <- density(points, sigma = 300 / sqrt(8), kernel = "quartic", edge = TRUE, diggle = FALSE, dimyx = c(ny, nx))
golden[["abramson"]] <- made_by(signif(bw.abram(points, h0 = 300, at = "points", pilot = pilot, trim = 1.2, dimyx = c(ny, nx)), 10))
each <- 300 * 1.1^(seq_along(pixels) %% 7)
golden[["adaptive quartic none"]] <- made_by(short(Reduce(`+`, lapply(unique(each), function(b) {
  density(points[each == b], sigma = b / sqrt(8), kernel = "quartic", edge = FALSE, dimyx = c(ny, nx))
}))))
write_golden("spatstat_density", golden)
