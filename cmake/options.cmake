# Compiler settings shared by every target of the project: `trainmark_options`.
add_library(trainmark_options INTERFACE)
target_include_directories(trainmark_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(trainmark_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
# a * b + c must mean the same in every translation unit: fused only where a kernel asks for it.
target_compile_options(trainmark_options INTERFACE -ffp-contract=off)
# GCC 12 sees overlapping copies in every "literal" + std::string (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(trainmark_options INTERFACE -Wno-restrict)
endif()
if(TRAINMARK_WERROR)
  target_compile_options(trainmark_options INTERFACE -Werror)
endif()
if(TRAINMARK_SANITIZE)
  target_compile_options(trainmark_options INTERFACE -fsanitize=${TRAINMARK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(trainmark_options INTERFACE -fsanitize=${TRAINMARK_SANITIZE})
endif()
