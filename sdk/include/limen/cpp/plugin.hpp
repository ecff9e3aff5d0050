// Everything a module author needs: derive from limen::Authenticator, limen::Authorizer or
// limen::Admission and list the class in LIMEN_EXPORT_MODULE. C++17 or later; header-only, compiled
// into the module, so that no C++ type ever meets the server's.
#pragma once

#include "limen/cpp/admission.hpp"
#include "limen/cpp/authenticator.hpp"
#include "limen/cpp/authorizer.hpp"
#include "limen/cpp/host.hpp"
#include "limen/cpp/module.hpp"
#include "limen/cpp/token_issuer.hpp"
