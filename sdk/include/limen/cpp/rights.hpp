// Rights: an authorizer's word that it may answer differently from now on. A cheap view; any
// thread.
#pragma once

#include "limen/rights.h"

namespace limen {

class Rights {
 public:
  Rights() = default;
  Rights(const limen_host* host, const limen_rights_api* api) : host_(host), api_(api) {}

  // To be called once the new answers are in force. Requests that are still running (watches) are
  // asked about again, and those end that nobody allows any more.
  void changed() const {
    if (api_ != nullptr) api_->changed(host_);
  }

 private:
  const limen_host* host_ = nullptr;
  const limen_rights_api* api_ = nullptr;
};

}  // namespace limen
