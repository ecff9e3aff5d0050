// The kinds whose versions differ in shape; one file each. In place; apiVersion is the caller's.
#pragma once

#include "object/document.h"

namespace limen::registry {

// Event: core/v1 is stored, events.k8s.io/v1 names the same fields differently.
void event_to_core(object::Json& event);
void event_from_core(object::Json& event);

// HorizontalPodAutoscaler: autoscaling/v2 is stored; v1 knows only the processor's utilization.
void autoscaler_v1_to_v2(object::Json& autoscaler);
void autoscaler_v2_to_v1(object::Json& autoscaler);

// ResourceClaim, ResourceClaimTemplate: v1 is stored; v1beta1 has a request's fields at its top
// level, the later versions under `exactly`.
void resource_claim_from_v1beta1(object::Json& claim);
void resource_claim_to_v1beta1(object::Json& claim);
void resource_claim_template_from_v1beta1(object::Json& claim_template);
void resource_claim_template_to_v1beta1(object::Json& claim_template);
// ResourceSlice: v1beta1 wraps a device's members in `basic`.
void resource_slice_from_v1beta1(object::Json& slice);
void resource_slice_to_v1beta1(object::Json& slice);

}  // namespace limen::registry
