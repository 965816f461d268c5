// Quadrature rules on [0, 1]: nodes and weights, nothing else.
#pragma once
