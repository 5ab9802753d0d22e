// The pieces of the page that CMake embeds from html/.
#pragma once

#include "report/page_css.hpp"
#include "report/page_html.hpp"
#include "report/page_js.hpp"
