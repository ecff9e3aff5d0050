// The controllers by name, as `controllers.disabled` in the configuration names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limen::controllers {

inline constexpr std::string_view kLocalApiServices = "local-api-services";
inline constexpr std::string_view kNamespaces = "namespaces";
inline constexpr std::string_view kDefaultServiceAccount = "default-service-account";
inline constexpr std::string_view kRbacBootstrap = "rbac-bootstrap";
inline constexpr std::string_view kClusterRoleAggregation = "clusterrole-aggregation";
inline constexpr std::string_view kTokenCleaner = "token-cleaner";
inline constexpr std::string_view kClusterAuthenticationTrust = "cluster-authentication-trust";
inline constexpr std::string_view kRootCaPublisher = "root-ca-publisher";
inline constexpr std::string_view kLegacyTokenTracking = "legacy-token-tracking";
inline constexpr std::string_view kGarbageCollector = "garbage-collector";
inline constexpr std::string_view kKubernetesService = "kubernetes-service";
inline constexpr std::string_view kServiceAddresses = "service-addresses";
inline constexpr std::string_view kEventTtl = "event-ttl";
inline constexpr std::string_view kIdentityLease = "identity-lease";
inline constexpr std::string_view kFlowControl = "flow-control";
inline constexpr std::string_view kResourceQuota = "resourcequota";
inline constexpr std::string_view kStorageProtection = "storage-protection";

// All of them, in the order they are started.
std::vector<std::string> controller_names();

}  // namespace limen::controllers
