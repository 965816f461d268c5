#include "quadrature/rules.hpp"
