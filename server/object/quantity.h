// Quantity: resource amounts. The SDK's, so that the server and modules reckon alike.
#pragma once

#include "limen/cpp/quantity.hpp"

namespace limen::object {

using limen::Quantity;

}  // namespace limen::object
