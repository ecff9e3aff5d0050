// What a conversion webhook of a test does: v1 of its kind has `spec.hostPort` ("host:80"), v2 has
// `spec.host` and `spec.port`. Used by unit tests in the place of a webhook and by the stand-in of
// end-to-end tests.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace limen::test {

// Converts one object in place. The fields that differ come first.
inline void convert_host_port(boost::json::value& object, std::string_view wanted) {
  boost::json::object& members = object.as_object();
  members["apiVersion"] = wanted;
  if (!members.contains("spec")) return;
  boost::json::object spec;
  const boost::json::object& old = members["spec"].as_object();
  if (wanted.ends_with("/v2") && old.contains("hostPort")) {
    const std::string both(old.at("hostPort").as_string());
    const std::size_t colon = both.find(':');
    spec["host"] = both.substr(0, colon);
    spec["port"] = colon == std::string::npos ? "" : both.substr(colon + 1);
  } else if (wanted.ends_with("/v1") && old.contains("host")) {
    std::string both(old.at("host").as_string());
    if (old.contains("port")) both += ":" + std::string(old.at("port").as_string());
    spec["hostPort"] = both;
  }
  for (const auto& member : old) {
    const std::string_view name(member.key().data(), member.key().size());
    if (name != "hostPort" && name != "host" && name != "port") spec[member.key()] = member.value();
  }
  members["spec"] = std::move(spec);
}

// The answer to a ConversionReview. `mode`: "good"; "uid" (of another question), "name", "kind",
// "metadata" (whatever there is changes), "label" (one is added), "badlabel", "fewer" (objects),
// "failed", "empty" (no response), "other" (no review).
inline std::string answer_review(std::string_view question, std::string_view mode) {
  boost::json::value review = boost::json::parse(question);
  const boost::json::object request = review.at("request").as_object();
  const std::string wanted(request.at("desiredAPIVersion").as_string());
  boost::json::array objects = request.at("objects").as_array();
  for (boost::json::value& object : objects) {
    convert_host_port(object, wanted);
    boost::json::object& metadata = object.at("metadata").as_object();
    if (mode == "name") metadata["name"] = "another";
    if (mode == "kind") object.as_object()["kind"] = "Another";
    if (mode == "metadata") {
      metadata["generation"] = 99;
      metadata["creationTimestamp"] = "1999-01-01T00:00:00Z";
      metadata["finalizers"] = {"example.com/sneaked-in"};
    }
    if (mode == "label" || mode == "badlabel") {
      if (!metadata.contains("labels")) metadata["labels"] = boost::json::object();
      metadata["labels"].as_object()["seen"] =
          mode == "label" ? wanted.substr(wanted.find('/') + 1) : "not a label";
    }
  }
  if (mode == "fewer") objects.pop_back();
  boost::json::object response;
  response["uid"] = mode == "uid" ? boost::json::value("another") : request.at("uid");
  response["convertedObjects"] = std::move(objects);
  boost::json::object& result = response["result"].emplace_object();
  result["status"] = mode == "failed" ? "Failed" : "Success";
  if (mode == "failed") result["message"] = "no such luck";
  boost::json::object answer;
  answer["kind"] = mode == "other" ? "Pod" : "ConversionReview";
  answer["apiVersion"] = review.at("apiVersion");
  if (mode != "empty") answer["response"] = std::move(response);
  return boost::json::serialize(answer);
}

}  // namespace limen::test
