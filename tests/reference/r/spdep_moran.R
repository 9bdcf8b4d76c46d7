# Contiguity, global and local Moran's I, and its permutation p, by R's spdep.

source("tests/reference/r/golden.R")
source("tests/reference/r/areas.R")

# Conditional permutation by the book: for each area, whole samples of the other areas' values
# without replacement, weighted as its neighbours are. spdep 1.2-7 draws with replacement, whose
# null is a little wider.
by_the_book <- function(y, listw, nsim) {
  z <- y - mean(y)
  n <- length(z)
  vapply(seq_len(n), function(i) {
    near <- listw$neighbours[[i]]
    k <- length(near)
    if (k == 1 && near[1] == 0L) return(NA_real_)
    others <- z[-i]
    w <- listw$weights[[i]]
    null <- replicate(nsim, sum(w * others[sample.int(n - 1, k)]))
    observed <- sum(w * z[near])
    close <- 1e-9 * max(abs(z))
    extreme <- min(sum(null >= observed - close), sum(null <= observed + close))
    min(1, 2 * (extreme + 1) / (nsim + 1))
  }, numeric(1))
}

sets <- data_sets()
for (name in names(sets)) {
  set <- sets[[name]]
  areas <- set$areas
  golden <- list(source = source_of(c("spdep", "sf"), "spdep_moran.R", set$from), codes = areas$code)
  queen <- poly2nb(areas)
  rook <- poly2nb(areas, queen = FALSE)
  golden$queen <- c(list(call = "poly2nb(areas)"), as_links(queen))
  golden$rook <- c(list(call = "poly2nb(areas, queen = FALSE)"), as_links(rook))
  w <- nb2listw(queen, style = "W")
  if (name == "guerry") golden$inputs <- lapply(st_drop_geometry(areas)[set$values], as.numeric)
  for (variable in set$values) {
    y <- as.numeric(areas[[variable]])
    golden[[paste0(variable, " moran.test I")]] <- made_by(moran.test(y, w)$estimate[["Moran I statistic"]])
    golden[[paste0(variable, " moran.test I, rook")]] <-
      made_by(moran.test(y, nb2listw(rook, style = "W"))$estimate[["Moran I statistic"]])
    golden[[paste0(variable, " localmoran Ii")]] <- made_by(localmoran(y, w)[, "Ii"])
    set.seed(20261122)
    drawn <- localmoran_perm(y, w, nsim = 9999)
    stopifnot(all.equal(drawn[, "Ii"], localmoran(y, w)[, "Ii"]))
    golden[[paste0(variable, " localmoran_perm")]] <- list(
      call = "set.seed(20261122); localmoran_perm(y, w, nsim = 9999)",
      nsim = 9999L,
      folded_p = unname(drawn[, "Pr(folded) Sim"])
    )
    set.seed(20261122)
    golden[[paste0(variable, " by_the_book")]] <- list(
      call = "set.seed(20261122); by_the_book(y, w, nsim = 9999)",
      nsim = 9999L,
      two_sided_p = by_the_book(y, w, 9999)
    )
  }
  if (name == "columbus") {
    # Weights that differ within a row: 1 / distance between the points the data set gives.
    place <- cbind(areas$X, areas$Y)
    near <- dnearneigh(place, 0, 10)
    by_distance <- nb2listw(near, glist = lapply(nbdists(near, place), function(d) 1 / d), style = "W")
    y <- as.numeric(areas$CRIME)
    set.seed(20261122)
    golden[["CRIME inverse distance"]] <- c(
      list(
        call = paste(
          "near <- dnearneigh(cbind(X, Y), 0, 10);",
          "nb2listw(near, glist = 1 / nbdists(near), style = 'W'); localmoran, by_the_book"
        ),
        within = 10L, nsim = 9999L
      ),
      as_links(near),
      list(
        moran_test_I = moran.test(y, by_distance)$estimate[["Moran I statistic"]],
        Ii = unname(localmoran(y, by_distance)[, "Ii"]),
        two_sided_p = by_the_book(y, by_distance, 9999)
      )
    )
  }
  write_golden(paste0("spdep_moran_", name), golden)
}
