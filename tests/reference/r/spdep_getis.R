# Getis and Ord's local Gi and Gi* and global G by R's spdep.

source("tests/reference/r/golden.R")
source("tests/reference/r/areas.R")

plain <- function(g) as.numeric(g)

sets <- data_sets()
for (name in names(sets)) {
  set <- sets[[name]]
  areas <- set$areas
  golden <- list(source = source_of(c("spdep", "sf"), "spdep_getis.R", set$from), codes = areas$code)
  queen <- poly2nb(areas)
  binary <- nb2listw(queen, style = "B")
  with_self <- nb2listw(include.self(queen), style = "B")
  even_with_self <- nb2listw(include.self(queen), style = "W")
  for (variable in set$values) {
    y <- as.numeric(areas[[variable]])
    golden[[paste0(variable, " Gi")]] <- made_by(plain(localG(y, binary)))
    golden[[paste0(variable, " Gi*")]] <- made_by(plain(localG(y, with_self)))
    # Equal weights in a row: the same Z. Kept as a proof that the choice does not matter.
    stopifnot(all.equal(plain(localG(y, with_self)), plain(localG(y, even_with_self))))
    golden[[paste0(variable, " globalG")]] <- made_by(globalG.test(y, binary)$estimate[["Global G statistic"]])
    # For Gi* spdep 1.2-7 draws the area's own value anew too, where conditional permutation holds
    # it; so Gi.
    set.seed(20261122)
    drawn <- localG_perm(y, binary, nsim = 9999)
    golden[[paste0(variable, " localG_perm, Gi")]] <- list(
      call = "set.seed(20261122); localG_perm(y, nb2listw(queen, style = 'B'), nsim = 9999)",
      nsim = 9999L,
      folded_p = unname(attr(drawn, "internals")[, "Pr(folded) Sim"])
    )
  }
  write_golden(paste0("spdep_getis_", name), golden)
}

# The six points of PySAL's own examples, whose neighbours lie within 15.
points <- cbind(c(10, 20, 40, 15, 30, 30), c(10, 10, 10, 20, 20, 30))
y <- c(2, 3, 3.2, 5, 8, 7)
near <- dnearneigh(points, 0, 15)
golden <- list(
  source = source_of("spdep", "spdep_getis.R", "six points written in the script"),
  inputs = list(points = points, threshold = 15, y = y),
  near = c(list(call = "dnearneigh(points, 0, 15)"), as_links(near)),
  "Gi" = made_by(plain(localG(y, nb2listw(near, style = "B")))),
  "Gi*" = made_by(plain(localG(y, nb2listw(include.self(near), style = "B"))))
)
write_golden("spdep_getis_points", golden)
