# What core/build_info.hpp tells: the commit is read when CMake configures, so a commit made after that shows only with
# the next configuration. `./dev build` configures every time.
find_package(Git QUIET)
set(TRAINMARK_COMMIT "unknown")
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty=+ --exclude=* --abbrev=10 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(TRAINMARK_COMMIT ${described})
  endif()
endif()
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" TRAINMARK_FLAGS)
configure_file(${PROJECT_SOURCE_DIR}/src/core/build_info.cpp.in ${PROJECT_BINARY_DIR}/generated/build_info.cpp @ONLY)
