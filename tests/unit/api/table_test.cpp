// Tables: the frame, and the cells kubectl users know.
#include "api/table/table.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <string>

#include "api/table/printer.h"

namespace limen::api {
namespace {

using boost::json::value;

constexpr std::string_view kCreated = "2026-11-24T00:00:00Z";

TableOptions at_five_minutes() {
  TableOptions options;
  options.now = *base::parse_time("2026-11-24T00:05:00Z");
  return options;
}

const catalog::Resource& resource(std::string_view group, std::string_view name) {
  const catalog::Resource* found = catalog::find_preferred(group, name);
  if (found == nullptr) throw std::runtime_error("no resource " + std::string(name));
  return *found;
}

// The object of that JSON with a name, a creation five minutes ago, and what `json` says.
value make(std::string_view json, std::string_view name = "x") {
  value object = boost::json::parse(json);
  auto& root = object.as_object();
  if (!root.contains("metadata")) root["metadata"] = boost::json::object();
  root["metadata"].as_object()["name"] = name;
  root["metadata"].as_object()["creationTimestamp"] = kCreated;
  return object;
}

// The cells of the object's row as JSON text.
std::string cells(std::string_view group, std::string_view name, std::string_view json) {
  const std::string table =
      single_row_table(resource(group, name), make(json), "{}", at_five_minutes());
  return boost::json::serialize(boost::json::parse(table).at("rows").at(0).at("cells"));
}

std::string pod_cell(std::size_t column, std::string_view json) {
  const value row = boost::json::parse(cells("", "pods", json));
  return std::string(row.at(column).as_string());
}

TEST(Table, HasItsKindItsMetadataColumnsAndRows) {
  std::string out;
  const auto& maps = resource("", "configmaps");
  const value object = make(R"({"data":{"a":"b"}})", "one");
  const TableOptions options = at_five_minutes();
  begin_table(out, maps, {"17", "token", 3}, options);
  append_row(out, maps, object, "{}", options);
  append_row(out, maps, object, "{}", options);
  end_table(out);
  const value table = boost::json::parse(out);
  EXPECT_EQ(table.at("kind"), "Table");
  EXPECT_EQ(table.at("apiVersion"), "meta.k8s.io/v1");
  EXPECT_EQ(boost::json::serialize(table.at("metadata")),
            R"({"resourceVersion":"17","continue":"token","remainingItemCount":3})");
  EXPECT_EQ(table.at("rows").as_array().size(), 2U);
  const value& name = table.at("columnDefinitions").at(0);
  EXPECT_EQ(name.at("name"), "Name");
  EXPECT_EQ(name.at("type"), "string");
  EXPECT_EQ(name.at("format"), "name");
  EXPECT_EQ(name.at("priority").as_int64(), 0);
  EXPECT_TRUE(name.as_object().contains("description"));
}

TEST(Table, WithoutObjectsIsAnEmptyListOfRows) {
  std::string out;
  begin_table(out, resource("", "pods"), {"1", "", std::nullopt}, at_five_minutes());
  end_table(out);
  const value table = boost::json::parse(out);
  EXPECT_TRUE(table.at("rows").as_array().empty());
  EXPECT_EQ(boost::json::serialize(table.at("metadata")), R"({"resourceVersion":"1"})");
}

TEST(Table, ARowCarriesTheMetadataOfItsObjectByDefault) {
  const value object = make(R"({"metadata":{"resourceVersion":"5"},"data":{}})");
  const value table = boost::json::parse(
      single_row_table(resource("", "configmaps"), object, "ignored", at_five_minutes()));
  const value& carried = table.at("rows").at(0).at("object");
  EXPECT_EQ(carried.at("kind"), "PartialObjectMetadata");
  EXPECT_EQ(carried.at("apiVersion"), "meta.k8s.io/v1");
  EXPECT_EQ(carried.at("metadata").at("name"), "x");
  EXPECT_FALSE(carried.as_object().contains("data"));
  EXPECT_EQ(table.at("metadata").at("resourceVersion"), "5");
}

TEST(Table, ARowCarriesTheWholeObjectOrNothingWhenAsked) {
  TableOptions options = at_five_minutes();
  const value object = make("{}");
  options.include = IncludeObject::object;
  const value whole = boost::json::parse(
      single_row_table(resource("", "configmaps"), object, R"({"kind":"ConfigMap"})", options));
  EXPECT_EQ(whole.at("rows").at(0).at("object").at("kind"), "ConfigMap");
  options.include = IncludeObject::none;
  const value none =
      boost::json::parse(single_row_table(resource("", "configmaps"), object, "{}", options));
  EXPECT_TRUE(none.at("rows").at(0).at("object").is_null());
}

TEST(Table, LaterEventsOfAWatchHaveNoColumnDefinitions) {
  TableOptions options = at_five_minutes();
  options.column_definitions = false;
  options.version = "v1beta1";
  const value table =
      boost::json::parse(single_row_table(resource("", "pods"), make("{}"), "{}", options));
  EXPECT_TRUE(table.at("columnDefinitions").is_null());
  EXPECT_EQ(table.at("apiVersion"), "meta.k8s.io/v1beta1");
  EXPECT_EQ(table.at("rows").at(0).at("object").at("apiVersion"), "meta.k8s.io/v1beta1");
}

TEST(Table, IncludeObjectIsRead) {
  EXPECT_EQ(parse_include_object(""), IncludeObject::metadata);
  EXPECT_EQ(parse_include_object("Metadata"), IncludeObject::metadata);
  EXPECT_EQ(parse_include_object("None"), IncludeObject::none);
  EXPECT_EQ(parse_include_object("Object"), IncludeObject::object);
  EXPECT_EQ(parse_include_object("object"), std::nullopt);
}

TEST(Table, EveryPrinterIsOfAServedResourceAndFillsEveryColumnOfAnEmptyObject) {
  for (const auto printers :
       {pod_printers(), workload_printers(), network_printers(), cluster_printers(),
        storage_printers(), policy_printers(), device_printers()}) {
    for (const Printer& printer : printers) {
      ASSERT_NE(catalog::find_preferred(printer.group, printer.resource), nullptr)
          << printer.resource;
      for (const char* json : {"{}", "null", "[]", R"({"spec":7,"status":[],"metadata":"x"})"}) {
        std::string out;
        Cells row(out, base::SystemTime());
        printer.print(row, boost::json::parse(json));
        ASSERT_FALSE(out.empty());
        out.back() = ']';
        EXPECT_EQ(boost::json::parse("[" + out).as_array().size(), printer.columns.size())
            << printer.resource << " " << json;
      }
    }
  }
}

TEST(Table, ColumnsAreThoseOfKubeApiserver) {
  std::ifstream in(std::string(LIMEN_GOLDEN_DIR) + "/table/columns.txt");
  ASSERT_TRUE(in);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    const std::string name = line.substr(0, line.find('|'));
    const std::size_t dot = name.find('.');
    const std::string group = dot == std::string::npos ? "" : name.substr(dot + 1);
    std::string columns = name;
    for (const Column& column : columns_of(resource(group, name.substr(0, dot)))) {
      columns += "|" + std::string(column.name) + "," + std::string(column.type) + "," +
                 std::string(column.format) + "," + std::to_string(column.priority);
    }
    EXPECT_EQ(columns, line);
    ++count;
  }
  EXPECT_EQ(count, 57U);
}

TEST(Table, AKindWithoutAPrinterHasNameAndCreationTime) {
  EXPECT_EQ(cells("rbac.authorization.k8s.io", "roles", "{}"), R"(["x","2026-11-24T00:00:00Z"])");
  EXPECT_EQ(columns_of(resource("rbac.authorization.k8s.io", "clusterroles"))[1].type, "date");
}

TEST(Table, SimpleKinds) {
  EXPECT_EQ(cells("", "configmaps", R"({"data":{"a":"1","b":"2"},"binaryData":{"c":""}})"),
            R"(["x",3,"5m"])");
  EXPECT_EQ(cells("", "secrets", R"({"type":"Opaque","data":{"a":""}})"),
            R"(["x","Opaque",1,"5m"])");
  EXPECT_EQ(cells("", "namespaces", R"({"status":{"phase":"Active"}})"), R"(["x","Active","5m"])");
  EXPECT_EQ(cells("", "serviceaccounts", "{}"), R"(["x","5m"])");
  EXPECT_EQ(cells("coordination.k8s.io", "leases", R"({"spec":{"holderIdentity":"me"}})"),
            R"(["x","me","5m"])");
}

TEST(Table, ANodeTellsItsStatusAndRoles) {
  EXPECT_EQ(
      cells("", "nodes", R"({"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"",
        "kubernetes.io/role":"infra"}},"spec":{"unschedulable":true},"status":{"conditions":
        [{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
        "nodeInfo":{"kubeletVersion":"v1.36.0","osImage":"Debian"}}})"),
      R"(["x","Ready,SchedulingDisabled","control-plane,infra","5m","v1.36.0","10.0.0.1","<none>","Debian","<unknown>","<unknown>"])");
  EXPECT_EQ(
      cells("", "nodes", "{}"),
      R"(["x","Unknown","<none>","5m","","<none>","<none>","<unknown>","<unknown>","<unknown>"])");
}

TEST(Table, ADeploymentTellsItsReplicas) {
  EXPECT_EQ(cells("apps", "deployments",
                  R"({"spec":{"replicas":3,"selector":{"matchLabels":{"b":"2","a":"1"}},
        "template":{"spec":{"containers":[{"name":"c","image":"i"},{"name":"d","image":"j"}]}}},
        "status":{"readyReplicas":1,"updatedReplicas":2,"availableReplicas":1}})"),
            R"(["x","1/3",2,1,"5m","c,d","i,j","a=1,b=2"])");
}

TEST(Table, OtherWorkloads) {
  EXPECT_EQ(cells("apps", "replicasets",
                  R"({"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":1}})"),
            R"(["x",2,2,1,"5m","","","<none>"])");
  EXPECT_EQ(
      cells("apps", "statefulsets", R"({"spec":{"replicas":2},"status":{"readyReplicas":1}})"),
      R"(["x","1/2","5m","",""])");
  EXPECT_EQ(
      cells(
          "apps", "daemonsets",
          R"({"spec":{"template":{"spec":{"nodeSelector":{"k":"v"}}}},"status":{"desiredNumberScheduled":3}})"),
      R"(["x",3,0,0,0,0,"k=v","5m","","","<none>"])");
}

TEST(Table, SelectorsReadAsKubectlTakesThem) {
  const value selector = boost::json::parse(
      R"({"matchLabels":{"m":"1"},"matchExpressions":[{"key":"z","operator":"Exists"},
      {"key":"a","operator":"NotIn","values":["y","x"]},{"key":"b","operator":"In","values":["q"]},
      {"key":"n","operator":"DoesNotExist"}]})");
  EXPECT_EQ(selector_text(&selector), "a notin (x,y),b in (q),m=1,!n,z");
  EXPECT_EQ(selector_text(nullptr), "<none>");
}

TEST(Table, AJobTellsItsStatusCompletionsAndDuration) {
  EXPECT_EQ(cells("batch", "jobs", R"({"spec":{"completions":3},"status":{"succeeded":1,
      "startTime":"2026-11-24T00:01:00Z"}})"),
            R"(["x","Running","1/3","4m","5m","","","<none>"])");
  EXPECT_EQ(cells("batch", "jobs", R"({"spec":{"parallelism":4},"status":{"succeeded":2,
      "startTime":"2026-11-24T00:00:00Z","completionTime":"2026-11-24T00:00:09Z",
      "conditions":[{"type":"Complete","status":"True"}]}})"),
            R"(["x","Complete","2/1 of 4","9s","5m","","","<none>"])");
}

TEST(Table, AServiceTellsItsAddressesAndPorts) {
  EXPECT_EQ(cells("", "services", R"({"spec":{"type":"NodePort","clusterIPs":["10.0.0.5"],"ports":
      [{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":{"a":"b"}}})"),
            R"(["x","NodePort","10.0.0.5","<none>","80:30080/TCP,53/UDP","5m","a=b"])");
  EXPECT_EQ(cells("", "services", R"({"spec":{"type":"LoadBalancer"}})"),
            R"(["x","LoadBalancer","<none>","<pending>","<none>","5m","<none>"])");
  EXPECT_EQ(cells("", "services", R"({"spec":{"type":"LoadBalancer","externalIPs":["9.9.9.9"]},
      "status":{"loadBalancer":{"ingress":[{"ip":"2.2.2.2"},{"hostname":"a.b"},{"ip":"2.2.2.2"}]}}})"),
            R"(["x","LoadBalancer","<none>","2.2.2.2,a.b,9.9.9.9","<none>","5m","<none>"])");
  EXPECT_EQ(cells("", "services", R"({"spec":{"type":"ExternalName","externalName":"h"}})"),
            R"(["x","ExternalName","<none>","h","<none>","5m","<none>"])");
}

TEST(Table, EndpointsShowThreeAddresses) {
  EXPECT_EQ(cells("", "endpoints", R"({"subsets":[{"addresses":[{"ip":"1.1.1.1"},{"ip":"::1"}],
      "ports":[{"port":80},{"port":81}]}]})"),
            R"(["x","1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...","5m"])");
  EXPECT_EQ(cells("", "endpoints", "{}"), R"(["x","<none>","5m"])");
}

TEST(Table, AnIngressShowsHostsAndPorts) {
  EXPECT_EQ(cells("networking.k8s.io", "ingresses", R"({"spec":{"ingressClassName":"n","tls":[{}],
      "rules":[{"host":"a"},{"host":"b"}]},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}}})"),
            R"(["x","n","a,b","1.2.3.4","80, 443","5m"])");
  EXPECT_EQ(cells("networking.k8s.io", "ingresses", "{}"), R"(["x","<none>","*","","80","5m"])");
}

TEST(Table, AnEventReadsTheSameInBothGroups) {
  const char* core = R"({"type":"Warning","reason":"Failed","message":"it broke\n","count":4,
      "firstTimestamp":"2026-11-24T00:01:00Z","lastTimestamp":"2026-11-24T00:04:30Z",
      "involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec.containers{c}"},
      "source":{"component":"kubelet","host":"n1"}})";
  const char* group =
      R"({"type":"Warning","reason":"Failed","note":"it broke\n","deprecatedCount":4,
      "deprecatedFirstTimestamp":"2026-11-24T00:01:00Z","deprecatedLastTimestamp":"2026-11-24T00:04:30Z",
      "regarding":{"kind":"Pod","name":"p","fieldPath":"spec.containers{c}"},
      "deprecatedSource":{"component":"kubelet","host":"n1"}})";
  const char* expected =
      R"(["30s","Warning","Failed","pod/p","spec.containers{c}","kubelet, n1","it broke","4m",4,"x"])";
  EXPECT_EQ(cells("", "events", core), expected);
  EXPECT_EQ(cells("events.k8s.io", "events", group), expected);
}

TEST(Table, ASeriesOfEventsTellsItsOwnCount) {
  EXPECT_EQ(cells("", "events",
                  R"({"eventTime":"2026-11-24T00:00:00.000000Z","involvedObject":{"kind":"Node"},
      "series":{"count":9,"lastObservedTime":"2026-11-24T00:04:00.000000Z"},"reportingComponent":"c"})"),
            R"(["60s","","","node","","c","","5m",9,"x"])");
}

TEST(Table, VolumesAndClaims) {
  EXPECT_EQ(cells("", "persistentvolumes", R"({"spec":{"capacity":{"storage":"5Gi"},"accessModes":
      ["ReadWriteMany","ReadWriteOnce"],"persistentVolumeReclaimPolicy":"Retain","claimRef":
      {"namespace":"n","name":"c"},"storageClassName":"s"},"status":{"phase":"Bound"}})"),
            R"(["x","5Gi","RWO,RWX","Retain","Bound","n/c","s","<unset>","","5m","<unset>"])");
  EXPECT_EQ(cells("", "persistentvolumeclaims", R"({"spec":{"accessModes":["ReadWriteOnce"]},
      "status":{"phase":"Pending"}})"),
            R"(["x","Pending","","","","","<unset>","5m","<unset>"])");
}

TEST(Table, BindingsTellRoleAndSubjects) {
  EXPECT_EQ(
      cells("rbac.authorization.k8s.io", "rolebindings", R"({"roleRef":{"kind":"Role","name":"r"},
      "subjects":[{"kind":"User","name":"u"},{"kind":"User","name":"v"},{"kind":"Group","name":"g"},
      {"kind":"ServiceAccount","namespace":"n","name":"s"}]})"),
      R"(["x","Role/r","5m","u, v","g","n/s"])");
}

TEST(Table, AnAutoscalerTellsItsTargets) {
  EXPECT_EQ(cells("autoscaling", "horizontalpodautoscalers", R"({"spec":{"scaleTargetRef":
      {"kind":"Deployment","name":"d"},"minReplicas":1,"maxReplicas":5,"metrics":[{"type":"Resource",
      "resource":{"name":"cpu","target":{"averageUtilization":80}}},{"type":"Pods","pods":{"target":
      {"averageValue":"10"}}},{"type":"External","external":{"target":{"value":"3"}}}]},
      "status":{"currentReplicas":2,"currentMetrics":[{"type":"Resource","resource":{"current":
      {"averageUtilization":40}}}]}})"),
            R"(["x","Deployment/d","cpu: 40%/80%, <unknown>/10 + 1 more...","1",5,2,"5m"])");
}

TEST(Table, ClassesShowWhichIsTheDefault) {
  EXPECT_EQ(
      cells("storage.k8s.io", "storageclasses", R"({"provisioner":"p","allowVolumeExpansion":true,
      "metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}})"),
      R"~(["x (default)","p","Delete","Immediate",true,"5m"])~");
}

TEST(Table, APriorityLevelShowsNumbersWhereThereAreSome) {
  EXPECT_EQ(cells("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", R"({"spec":{"type":
      "Limited","limited":{"nominalConcurrencyShares":20,"limitResponse":{"queuing":{"queues":64,
      "handSize":6,"queueLengthLimit":50}}}}})"),
            R"(["x","Limited",20,64,6,50,"5m"])");
  EXPECT_EQ(cells("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations",
                  R"({"spec":{"type":"Exempt","exempt":{"nominalConcurrencyShares":0}}})"),
            R"(["x","Exempt","<none>","<none>","<none>","<none>","5m"])");
}

TEST(Table, AQuotaShowsWhatIsUsedOfWhatMayBe) {
  EXPECT_EQ(
      cells("", "resourcequotas", R"({"status":{"hard":{"pods":"10","limits.cpu":"4","cpu":"2"},
      "used":{"pods":"3","limits.cpu":"1"}}})"),
      R"(["x","cpu: 0/2, pods: 3/10","limits.cpu: 1/4","5m"])");
}

TEST(PodTable, ARunningPodIsReady) {
  EXPECT_EQ(cells("", "pods", R"({"spec":{"containers":[{"name":"c"}],"nodeName":"n1"},"status":
      {"phase":"Running","podIPs":[{"ip":"10.1.1.1"}],"containerStatuses":[{"name":"c","ready":true,
      "restartCount":0,"state":{"running":{}}}]}})"),
            R"(["x","1/1","Running","0","5m","10.1.1.1","n1","<none>","<none>"])");
}

TEST(PodTable, AFreshPodIsPendingWithoutAnAddress) {
  EXPECT_EQ(
      cells("", "pods",
            R"({"spec":{"containers":[{"name":"c"},{"name":"d"}]},"status":{"phase":"Pending"}})"),
      R"(["x","0/2","Pending","0","5m","<none>","<none>","<none>","<none>"])");
}

TEST(PodTable, TheReasonOfAWaitingContainerIsTheStatus) {
  const char* pod = R"({"spec":{"containers":[{"name":"c"}]},"status":{"phase":"Running",
      "containerStatuses":[{"name":"c","restartCount":7,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
      "lastState":{"terminated":{"finishedAt":"2026-11-24T00:03:00Z"}}}]}})";
  EXPECT_EQ(pod_cell(2, pod), "CrashLoopBackOff");
  EXPECT_EQ(pod_cell(3, pod), "7 (2m ago)");
}

TEST(PodTable, AnEndedContainerTellsReasonExitCodeOrSignal) {
  const auto status = [](std::string_view terminated) {
    return pod_cell(2,
                    R"({"status":{"phase":"Failed","containerStatuses":[{"state":{"terminated":)" +
                        std::string(terminated) + "}}]}}");
  };
  EXPECT_EQ(status(R"({"reason":"Error"})"), "Error");
  EXPECT_EQ(status(R"({"reason":"Completed"})"), "Completed");
  EXPECT_EQ(status(R"({"exitCode":3})"), "ExitCode:3");
  EXPECT_EQ(status(R"({"exitCode":137,"signal":9})"), "Signal:9");
}

TEST(PodTable, OneContainerDoneAndOneRunningIsRunningWhenThePodIsReady) {
  const auto status = [](std::string_view ready) {
    return pod_cell(2,
                    R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":")" +
                        std::string(ready) +
                        R"("}],"containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}},
        {"ready":true,"state":{"running":{}}}]}})");
  };
  EXPECT_EQ(status("True"), "Running");
  EXPECT_EQ(status("False"), "NotReady");
}

TEST(PodTable, InitContainersTellHowFarThePodIs) {
  const auto status = [](std::string_view second) {
    return pod_cell(
        2, R"({"spec":{"initContainers":[{"name":"a"},{"name":"b"}]},"status":{"phase":"Pending",
        "initContainerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0}}},{"name":"b","state":)" +
               std::string(second) + "}]}}");
  };
  EXPECT_EQ(status(R"({"running":{}})"), "Init:1/2");
  EXPECT_EQ(status(R"({"waiting":{"reason":"PodInitializing"}})"), "Init:1/2");
  EXPECT_EQ(status(R"({"waiting":{"reason":"ImagePullBackOff"}})"), "Init:ImagePullBackOff");
  EXPECT_EQ(status(R"({"terminated":{"exitCode":2}})"), "Init:ExitCode:2");
  EXPECT_EQ(status(R"({"terminated":{"exitCode":1,"reason":"Error"}})"), "Init:Error");
}

TEST(PodTable, ASidecarCountsAsAContainer) {
  const char* pod = R"({"spec":{"containers":[{"name":"c"}],"initContainers":[{"name":"s",
      "restartPolicy":"Always"}]},"status":{"phase":"Running","initContainerStatuses":[{"name":"s",
      "started":true,"ready":true,"restartCount":2,"state":{"running":{}}}],"containerStatuses":
      [{"name":"c","ready":true,"restartCount":1,"state":{"running":{}}}]}})";
  EXPECT_EQ(pod_cell(1, pod), "2/2");
  EXPECT_EQ(pod_cell(2, pod), "Running");
  EXPECT_EQ(pod_cell(3, pod), "3");
}

TEST(PodTable, APodBeingDeletedIsTerminatingUntilItHasEnded) {
  const auto status = [](std::string_view phase, std::string_view reason) {
    return pod_cell(
        2, R"({"metadata":{"deletionTimestamp":"2026-11-24T00:04:00Z"},"status":{"phase":")" +
               std::string(phase) + R"(","reason":")" + std::string(reason) + R"("}})");
  };
  EXPECT_EQ(status("Running", ""), "Terminating");
  EXPECT_EQ(status("Succeeded", ""), "Succeeded");
  EXPECT_EQ(status("Running", "NodeLost"), "Unknown");
}

TEST(PodTable, AGatedPodSaysSo) {
  EXPECT_EQ(pod_cell(2, R"({"status":{"phase":"Pending","conditions":[{"type":"PodScheduled",
      "status":"False","reason":"SchedulingGated"}]}})"),
            "SchedulingGated");
}

TEST(PodTable, ReadinessGatesAreCounted) {
  EXPECT_EQ(pod_cell(8, R"({"spec":{"readinessGates":[{"conditionType":"a"},{"conditionType":"b"}]},
      "status":{"conditions":[{"type":"a","status":"True"}]}})"),
            "1/2");
}

TEST(PodTable, TheRowOfAnEndedPodIsMarkedCompleted) {
  const auto conditions = [](std::string_view phase) {
    const value pod = make(R"({"status":{"phase":")" + std::string(phase) + R"("}})");
    const value table =
        boost::json::parse(single_row_table(resource("", "pods"), pod, "{}", at_five_minutes()));
    const value& row = table.at("rows").at(0);
    return row.as_object().contains("conditions")
               ? std::string(row.at("conditions").at(0).at("reason").as_string())
               : std::string();
  };
  EXPECT_EQ(conditions("Succeeded"), "Succeeded");
  EXPECT_EQ(conditions("Failed"), "Failed");
  EXPECT_EQ(conditions("Running"), "");
}

}  // namespace
}  // namespace limen::api
