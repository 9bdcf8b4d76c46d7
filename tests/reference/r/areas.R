# The data sets and neighbour graphs that the spdep scripts share.

suppressMessages(library(spdep))

# Guerry's France of 1830 comes from Debian's r-cran-guerry: libpysal only knows where to fetch it.
guerry_areas <- function() {
  found <- new.env()
  data("gfrance85", package = "Guerry", envir = found)
  areas <- st_as_sf(found$gfrance85)
  st_crs(areas) <- NA
  areas$code <- as.character(areas$CODE_DEPT)
  areas[order(areas$code), ]
}

data_sets <- function() {
  list(
    columbus = list(
      areas = shipped_areas("columbus/columbus.shp", "POLYID"),
      from = paste("columbus.shp of", examples_of),
      values = c("CRIME", "HOVAL"), counts = list()
    ),
    sids = list(
      areas = shipped_areas("sids2/sids2.shp", "FIPSNO"),
      from = paste("sids2.shp of", examples_of),
      values = c("SIDR74", "SIDR79"),
      counts = list(c("SID74", "BIR74"), c("SID79", "BIR79"))
    ),
    stl = list(
      areas = shipped_areas("stl/stl_hom.shp", "FIPSNO"),
      from = paste("stl_hom.shp of", examples_of),
      values = c("HR7984", "HR8893"),
      counts = list(c("HC7984", "PO7984"), c("HC8893", "PO8893"))
    ),
    guerry = list(
      areas = guerry_areas(),
      from = paste("gfrance85 of Guerry", packageDescription("Guerry")$Version),
      values = c("Crime_pers", "Donations", "Suicides"), counts = list()
    )
  )
}

# Directed links as a neighbour list holds them: how many of each area, then who, counted from 0.
as_links <- function(nb) {
  counts <- card(nb)
  list(counts = counts, neighbours = unlist(nb[counts > 0]) - 1L)
}
