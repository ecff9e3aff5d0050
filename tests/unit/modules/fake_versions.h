// Versions of an object for tests of modules: v1 and v2 of one kind, apart in apiVersion alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "admission/versions.h"
#include "base/api_error.h"
#include "object/metadata.h"

namespace limen::modules::test {

class FakeVersions final : public admission::Versions {
 public:
  std::vector<admission::Version> all() const override {
    return {{"things.test", "v1", "things.test", "v1", "Thing"},
            {"things.test", "v2", "things.test", "v2", "Thing"}};
  }
  base::Task<object::Json> convert(object::Json object, admission::Version target,
                                   request::CallScope&) const override {
    if (target.kind_version == "v9") throw base::ApiError::bad_request("there is no v9");
    if (target.kind_version == "v8") throw base::ApiError::internal("v8 is out of order");
    object::set_type(object, object::group_version(target.kind_group, target.kind_version),
                     target.kind);
    co_return object;
  }
};

}  // namespace limen::modules::test
