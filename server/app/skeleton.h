// Skeleton: the SDK's template under a name of the author's, for `limen modules new`.
//
// The template (sdk/template) is built into the program. It is real code for a module
// `acme-module`; a skeleton is its files of one kind with that name replaced, in the text and in
// the names of the files. No global state; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limen::app {

struct TemplateFile {
  std::string_view path;  // below sdk/template: "CMakeLists.txt", "authorizer/acme_module.cpp"
  std::string_view text;
};

// Made from sdk/template when the program is built.
const std::vector<TemplateFile>& template_files();

struct SkeletonFile {
  std::string name;  // in the module's folder, without a slash
  std::string text;
};

// The kinds there is a template for, in the order in which a request meets them.
const std::vector<std::string>& skeleton_kinds();

// What is wrong with a module's name, as a sentence; empty for a good one. A good one also names a
// target of CMake and, its dashes turned, a class and a file of C++: lower-case letters, digits and
// single dashes, a letter first, at most 63 characters, and no target that CMake keeps for itself.
std::string module_name_problem(std::string_view name);

// The three files of a module: its build, itself and its test. `kind` is one of skeleton_kinds(),
// the name a good one.
std::vector<SkeletonFile> skeleton(std::string_view name, std::string_view kind);

// Writes the files into `folder`, which is made when it is not there. Overwrites nothing: where one
// of the names is taken, none is written. Throws std::runtime_error with one sentence that begins
// with the path.
void write_skeleton(const std::string& folder, const std::vector<SkeletonFile>& files);

}  // namespace limen::app
