// Judgement: whether the quotas of a namespace allow one write, and what they are charged for it.
//
// Pure; any thread. The texts are kube-apiserver's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "limen/cpp/admission.hpp"
#include "limited.h"
#include "quota.h"

namespace limen::resource_quota {

// Whether quotas have anything to do with such a write at all.
bool is_counted(const AdmissionCall& call);

quota::GroupResource resource_of(const AdmissionCall& call);

struct Judgement {
  std::string refusal;                            // empty: allowed
  int code = 403;                                 // of a refusal
  std::map<std::size_t, quota::Amounts> charges;  // by the quota's place; none is empty
};

// `now` in seconds since 1970. With `covered`, what has to be covered was found to be so before, by
// quotas that are not among these.
Judgement judge(const AdmissionCall& call, const std::vector<Quota>& quotas, const Limited& limited,
                std::int64_t now, bool covered = false);

// Whether a quota that housekeeping has not got to yet may concern the write.
bool waits_for(const AdmissionCall& call, const Quota& quota);

}  // namespace limen::resource_quota
