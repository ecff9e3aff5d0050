// kube-apiserver's admission plugins: their names, their order, which of them it has on, and the
// modules that do their work here.
//
// Data and pure functions; any thread. The table follows AllOrderedPlugins of kube-apiserver 1.36.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/configuration.h"

namespace limen::config {

struct AdmissionPlugin {
  std::string_view name;    // kube-apiserver's: "LimitRanger"
  std::string_view module;  // that does its work: "limit-ranger"; empty: there is none
  bool on = false;          // by default, in kube-apiserver
  Duration timeout = std::chrono::seconds(10);  // of one call, unless the entry says another
  // kube-apiserver's config of this plugin stands below this key, the module's does not; empty:
  // they are alike.
  std::string_view wrapper = {};
  bool gated = false;  // it is about a feature that kube-apiserver has off by default

  bool on_by_default() const { return on && !module.empty(); }
};

// All of them, in the order in which kube-apiserver asks them.
std::span<const AdmissionPlugin> admission_plugins();

// The plugin of kube-apiserver's name or of our module's name, with or without a module; null:
// there is none.
const AdmissionPlugin* plugin_named(std::string_view name);
const AdmissionPlugin* plugin_of_module(std::string_view module);

// Whether a name is written as kube-apiserver's are: names of instances here have no capitals.
bool is_plugin_like(std::string_view name);

// Why `name` is no plugin that can be used, with the release that removed it or the nearest name;
// empty when it can be.
std::string plugin_problem(std::string_view name);

// Whether Kubernetes had a plugin of this name once and has none now.
bool is_removed_plugin(std::string_view name);

}  // namespace limen::config
