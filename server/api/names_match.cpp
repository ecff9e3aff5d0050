#include "api/names_match.h"

#include <string>

#include "base/api_error.h"
#include "object/metadata.h"

namespace limen::api {

void check_names_match(const Call& call, const object::Json& object) {
  using base::ApiError;
  const std::string& wanted = call.info().name;
  const std::string name(object::name(object));
  if (name.empty()) {
    throw ApiError::bad_request("the name of the object (" + wanted +
                                " based on URL) was undeterminable: name must be provided");
  }
  if (name != wanted) {
    throw ApiError::bad_request("the name of the object (" + name +
                                ") does not match the name on the URL (" + wanted + ")");
  }
  const std::string ns(object::ns(object));
  if (!call.ns().empty() && !ns.empty() && ns != call.ns()) {
    throw ApiError::bad_request("the namespace of the object (" + ns +
                                ") does not match the namespace on the request (" +
                                std::string(call.ns()) + ")");
  }
}

}  // namespace limen::api
