// Pods: readiness, the one word that tells a pod's state, restarts.
#include <algorithm>
#include <optional>

#include "api/table/printer.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

constexpr Column kPodColumns[] = {kNameColumn,
                                  text_column("Ready"),
                                  text_column("Status"),
                                  text_column("Restarts"),
                                  kAgeColumn,
                                  text_column("IP", 1),
                                  text_column("Node", 1),
                                  text_column("Nominated Node", 1),
                                  text_column("Readiness Gates", 1)};
constexpr Column kTemplateColumns[] = {kNameColumn, text_column("Containers"),
                                       text_column("Images"), text_column("Pod Labels")};

// What a pod's containers add up to.
struct PodState {
  std::string reason;
  std::int64_t total = 0, ready = 0, restarts = 0;
  std::string_view
      last_restart;  // RFC 3339, UTC with whole seconds: the order of text is that of time
};

void count_restarts(const Json& status, std::int64_t& restarts, std::string_view& last) {
  restarts += number_in(status, {"restartCount"});
  last = std::max(last, text_in(status, {"lastState", "terminated", "finishedAt"}));
}

// An init container that keeps running beside the others (a sidecar).
bool is_restartable(const Json& pod, std::string_view name) {
  for (const Json& container : list_in(pod, {"spec", "initContainers"})) {
    if (object::text_at(container, "name") == name) {
      return object::text_at(container, "restartPolicy") == "Always";
    }
  }
  return false;
}

// Signal:9 or ExitCode:1.
std::string exit_text(const Json& terminated) {
  const std::int64_t signal = number_in(terminated, {"signal"});
  if (signal != 0) return "Signal:" + std::to_string(signal);
  return "ExitCode:" + std::to_string(number_in(terminated, {"exitCode"}));
}

// What an init container that is not through yet says of the pod.
std::string init_reason(const Json& pod, const Json& status, std::size_t position) {
  const Json* terminated = object::find(status, {"state", "terminated"});
  if (terminated != nullptr) {
    const std::string_view reason = object::text_at(*terminated, "reason");
    return "Init:" + (reason.empty() ? exit_text(*terminated) : std::string(reason));
  }
  const std::string_view waiting = text_in(status, {"state", "waiting", "reason"});
  if (!waiting.empty() && waiting != "PodInitializing") return "Init:" + std::string(waiting);
  return "Init:" + std::to_string(position) + "/" +
         std::to_string(size_in(pod, {"spec", "initContainers"}));
}

// Returns true while an init container holds the pod. `sidecars` receives the restarts of those
// that keep running: they count after the start too.
bool read_init_containers(const Json& pod, PodState& state, PodState& sidecars) {
  const auto statuses = list_in(pod, {"status", "initContainerStatuses"});
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const Json& status = statuses[i];
    count_restarts(status, state.restarts, state.last_restart);
    const bool restartable = is_restartable(pod, object::text_at(status, "name"));
    if (restartable) count_restarts(status, sidecars.restarts, sidecars.last_restart);
    const Json* terminated = object::find(status, {"state", "terminated"});
    if (terminated != nullptr && number_in(*terminated, {"exitCode"}) == 0) continue;
    if (restartable && boolean_in(status, {"started"})) {
      if (boolean_in(status, {"ready"})) ++state.ready;
      continue;
    }
    state.reason = init_reason(pod, status, i);
    return true;
  }
  return false;
}

void read_containers(const Json& pod, PodState& state) {
  bool has_running = false;
  const auto statuses = list_in(pod, {"status", "containerStatuses"});
  // From the last to the first: the first container's reason wins.
  for (std::size_t i = statuses.size(); i-- > 0;) {
    const Json& status = statuses[i];
    count_restarts(status, state.restarts, state.last_restart);
    const std::string_view waiting = text_in(status, {"state", "waiting", "reason"});
    const Json* terminated = object::find(status, {"state", "terminated"});
    const std::string_view ended = text_in(status, {"state", "terminated", "reason"});
    if (!waiting.empty()) {
      state.reason = waiting;
    } else if (!ended.empty()) {
      state.reason = ended;
    } else if (terminated != nullptr) {
      state.reason = exit_text(*terminated);
    } else if (boolean_in(status, {"ready"}) &&
               object::find(status, {"state", "running"}) != nullptr) {
      has_running = true;
      ++state.ready;
    }
  }
  if (state.reason == "Completed" && has_running) {
    state.reason = condition_status(pod, "Ready") == "True" ? "Running" : "NotReady";
  }
}

std::string first_reason(const Json& pod) {
  std::string reason(text_in(pod, {"status", "reason"}));
  if (reason.empty()) reason = text_in(pod, {"status", "phase"});
  for (const Json& condition : list_in(pod, {"status", "conditions"})) {
    if (object::text_at(condition, "type") == "PodScheduled" &&
        object::text_at(condition, "reason") == "SchedulingGated") {
      reason = "SchedulingGated";
    }
  }
  return reason;
}

void read_deletion(const Json& pod, PodState& state) {
  if (object::deletion_timestamp(pod).empty()) return;
  const std::string_view phase = text_in(pod, {"status", "phase"});
  if (text_in(pod, {"status", "reason"}) == "NodeLost") {
    state.reason = "Unknown";
  } else if (phase != "Succeeded" && phase != "Failed") {
    state.reason = "Terminating";
  }
}

PodState read_pod(const Json& pod) {
  PodState state;
  state.reason = first_reason(pod);
  state.total = size_in(pod, {"spec", "containers"});
  for (const Json& container : list_in(pod, {"spec", "initContainers"})) {
    if (object::text_at(container, "restartPolicy") == "Always") ++state.total;
  }
  PodState sidecars;
  const bool initializing = read_init_containers(pod, state, sidecars);
  if (!initializing || condition_status(pod, "Initialized") == "True") {
    state.restarts = sidecars.restarts;
    state.last_restart = sidecars.last_restart;
    read_containers(pod, state);
  }
  read_deletion(pod, state);
  return state;
}

std::string readiness_gates(const Json& pod) {
  const auto gates = list_in(pod, {"spec", "readinessGates"});
  if (gates.empty()) return "<none>";
  const auto passed = std::count_if(gates.begin(), gates.end(), [&pod](const Json& gate) {
    return condition_status(pod, object::text_at(gate, "conditionType")) == "True";
  });
  return std::to_string(passed) + "/" + std::to_string(gates.size());
}

void print_pod(Cells& cells, const Json& pod) {
  const PodState state = read_pod(pod);
  cells.text(object::name(pod));
  cells.text(std::to_string(state.ready) + "/" + std::to_string(state.total));
  cells.text(state.reason);
  std::string restarts = std::to_string(state.restarts);
  if (state.restarts != 0 && !state.last_restart.empty()) {
    restarts += " (" + cells.elapsed(state.last_restart) + " ago)";
  }
  cells.text(restarts);
  cells.age(pod);
  const auto addresses = list_in(pod, {"status", "podIPs"});
  cells.text_or(addresses.empty() ? text_in(pod, {"status", "podIP"})
                                  : object::text_at(addresses.front(), "ip"),
                "<none>");
  cells.text_or(text_in(pod, {"spec", "nodeName"}), "<none>");
  cells.text_or(text_in(pod, {"status", "nominatedNodeName"}), "<none>");
  cells.text(readiness_gates(pod));
}

void print_template(Cells& cells, const Json& object) {
  const Json* containers = object::find(object, {"template", "spec", "containers"});
  cells.text(object::name(object));
  cells.text(container_names(containers));
  cells.text(container_images(containers));
  cells.text(labels_text(object::find(object, {"template", "metadata", "labels"})));
}

constexpr Printer kPrinters[] = {{"", "pods", kPodColumns, print_pod},
                                 {"", "podtemplates", kTemplateColumns, print_template}};

}  // namespace

std::span<const Printer> pod_printers() { return kPrinters; }

std::string_view pod_row_conditions(const Json& pod) {
  const std::string_view phase = text_in(pod, {"status", "phase"});
  if (phase == "Succeeded") {
    return R"([{"type":"Completed","status":"True","reason":"Succeeded","message":"The pod has completed successfully."}])";
  }
  if (phase == "Failed") {
    return R"([{"type":"Completed","status":"True","reason":"Failed","message":"The pod failed."}])";
  }
  return {};
}

}  // namespace limen::api
