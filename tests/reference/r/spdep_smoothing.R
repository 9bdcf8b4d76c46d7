# Empirical Bayes rates, global and local, and Moran's I of standardised rates, by R's spdep.

source("tests/reference/r/golden.R")
source("tests/reference/r/areas.R")

sets <- data_sets()
for (name in c("sids", "stl")) {
  set <- sets[[name]]
  areas <- set$areas
  golden <- list(source = source_of(c("spdep", "sf"), "spdep_smoothing.R", set$from), codes = areas$code)
  queen <- poly2nb(areas)
  w <- nb2listw(queen, style = "W")
  for (pair in set$counts) {
    events <- as.numeric(areas[[pair[1]]])
    population <- as.numeric(areas[[pair[2]]])
    label <- paste(pair, collapse = "/")
    golden[[paste(label, "EBest")]] <- made_by(EBest(events, population)$estmm)
    golden[[paste(label, "EBest a b")]] <-
      made_by(unlist(attr(EBest(events, population), "parameters")[c("a", "b")]))
    # geoda = TRUE measures the neighbourhood's spread about its own mean, as Marshall (1991) does;
    # the default measures each neighbour about the mean of the neighbour's neighbourhood.
    golden[[paste(label, "EBlocal, geoda")]] <- made_by(EBlocal(events, population, queen, geoda = TRUE)$est)
    golden[[paste(label, "EBlocal")]] <- made_by(EBlocal(events, population, queen)$est)
    set.seed(20261122)
    standardised <- suppressMessages(EBImoran.mc(events, population, w, nsim = 99))
    golden[[paste(label, "EBImoran.mc")]] <- list(
      call = "EBImoran.mc(events, population, w, nsim = 99)[c('statistic', 'z')]",
      statistic = unname(standardised$statistic),
      z = unname(standardised$z)
    )
  }
  write_golden(paste0("spdep_smoothing_", name), golden)
}
