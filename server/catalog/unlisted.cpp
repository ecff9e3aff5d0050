#include "catalog/unlisted.h"

#include <vector>

namespace limen::catalog {

namespace {

constexpr std::string_view kGroup = "access.limen.io";
constexpr std::string_view kVersion = "v1";

// access.limen.io/v1 AccessReview asks as SubjectAccessReview does and answers at more length; what
// somebody posts as its status is not looked at.
struct AccessReviews {
  std::vector<Field> fields;
  Type type;
  Resource resource;

  AccessReviews() {
    const Type& asked = *find_type("io.k8s.api.authorization.v1.SubjectAccessReview");
    fields.assign(asked.fields.begin(), asked.fields.end());
    for (Field& field : fields) {
      if (field.name != "status") continue;
      field.type = nullptr;
      field.scalar = Scalar::any;
      field.required = false;
    }
    type = asked;
    type.name = "io.limen.access.v1.AccessReview";
    type.group = kGroup;
    type.version = kVersion;
    type.kind = "AccessReview";
    type.fields = fields;
    resource = {};
    resource.group = resource.storage_group = kGroup;
    resource.version = resource.storage_version = kVersion;
    resource.name = "accessreviews";
    resource.kind = type.kind;
    resource.singular = "accessreview";
    resource.verbs = kVerbCreate;
    resource.type = &type;
  }
  AccessReviews(const AccessReviews&) = delete;
  AccessReviews& operator=(const AccessReviews&) = delete;
};

}  // namespace

const Resource* find_unlisted(std::string_view group, std::string_view version,
                              std::string_view resource) {
  if (group != kGroup || version != kVersion) return nullptr;
  static const AccessReviews reviews;
  return resource == reviews.resource.name ? &reviews.resource : nullptr;
}

}  // namespace limen::catalog
