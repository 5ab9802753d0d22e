# The script that draws the charts of HTML reports: Vega, Vega-Lite and vega-embed in one file, made once by
# cmake/make_vega_bundle.py (./dev build does it). Without it reports hold tables only, and say so.
set(TRAINMARK_VEGA_BUNDLE "${PROJECT_SOURCE_DIR}/build/charts/vega_bundle.js" CACHE FILEPATH "The script that HTML reports embed")
if(EXISTS "${TRAINMARK_VEGA_BUNDLE}")
  set(TRAINMARK_VEGA_BUNDLE_FOUND "${TRAINMARK_VEGA_BUNDLE}")
else()
  message(STATUS "HTML reports will have no charts: there is no ${TRAINMARK_VEGA_BUNDLE}; ./dev build makes it.")
  set(TRAINMARK_VEGA_BUNDLE_FOUND "${PROJECT_BINARY_DIR}/embedded/no_vega_bundle.js")
  file(WRITE "${TRAINMARK_VEGA_BUNDLE_FOUND}.new" "")
  file(COPY_FILE "${TRAINMARK_VEGA_BUNDLE_FOUND}.new" "${TRAINMARK_VEGA_BUNDLE_FOUND}" ONLY_IF_DIFFERENT)
endif()
