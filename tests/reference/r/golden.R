# What every script here shares: reading the data sets, and writing a value beside the call that
# made it. Run the scripts from the root of the repository; README.md says how.

suppressMessages({
  library(jsonlite)
  library(sf)
})
sf_use_s2(FALSE)
# Text must not depend on the language of the machine; sorting must be by code point.
invisible(Sys.setlocale("LC_ALL", "C"))

arguments <- commandArgs(trailingOnly = TRUE)
examples <- if (length(arguments) >= 1) arguments[[1]] else stop("give the examples folder of libpysal")
examples_of <- if (length(arguments) >= 2) arguments[[2]] else stop("give its version, as 'libpysal 4.14.1'")

# A value with the call that made it, as it was run. The call is kept as text.
made_by <- function(expression) {
  call <- paste(deparse(substitute(expression), width.cutoff = 500L), collapse = " ")
  list(call = gsub("\\s+", " ", call), value = unname(expression))
}

# Areas of a shapefile as libpysal ships it, sorted by a code of five digits, without a projection:
# neighbours are found in the plane.
shipped_areas <- function(file, code) {
  areas <- st_read(file.path(examples, file), quiet = TRUE)
  st_crs(areas) <- NA
  areas$code <- sprintf("%05d", as.integer(areas[[code]]))
  areas[order(areas$code), ]
}

source_of <- function(packages, script, data) {
  versions <- vapply(
    packages, function(name) paste(name, packageDescription(name)$Version), character(1)
  )
  list(
    software = paste(c(R.version.string, unname(versions)), collapse = ", "),
    script = paste0("tests/reference/r/", script),
    data = data,
    date = format(Sys.Date())
  )
}

# Thirteen significant digits. One entry a line keeps a change readable.
write_golden <- function(name, golden) {
  parts <- vapply(names(golden), function(key) {
    entry <- golden[[key]]
    if (is.list(entry) && !is.data.frame(entry)) {
      inner <- vapply(names(entry), function(k) {
        paste0("    ", toJSON(k, auto_unbox = TRUE), ": ", compact(entry[[k]]))
      }, character(1))
      paste0("  ", toJSON(key, auto_unbox = TRUE), ": {\n", paste(inner, collapse = ",\n"), "\n  }")
    } else {
      paste0("  ", toJSON(key, auto_unbox = TRUE), ": ", compact(entry))
    }
  }, character(1))
  file <- file.path("tests", "reference", "values", paste0(name, ".json"))
  connection <- file(file, open = "wb")
  writeLines(paste0("{\n", paste(parts, collapse = ",\n"), "\n}"), connection, sep = "\n")
  close(connection)
  cat(file, file.size(file), "bytes\n")
}

compact <- function(value) {
  toJSON(value, auto_unbox = TRUE, digits = I(13), na = "null", null = "null")
}
