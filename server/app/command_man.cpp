// `limen man`: writes the manual pages and the shipped configuration. For those who build packages.
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "app/commands.h"
#include "app/files.h"
#include "app/manual.h"
#include "base/strings.h"
#include "base/time.h"
#include "config/reference.h"

namespace limen::app {

namespace {

// The day of SOURCE_DATE_EPOCH (seconds since 1970), so that a build can be repeated to the byte.
std::string edition_date() {
  const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
  const auto seconds = epoch == nullptr ? std::nullopt : base::parse_int(epoch);
  if (!seconds || *seconds < 0) return {};
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(*seconds)));
  const std::chrono::year_month_day date(day);
  const auto two = [](unsigned number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::to_string(static_cast<int>(date.year())) + '-' +
         two(static_cast<unsigned>(date.month())) + '-' + two(static_cast<unsigned>(date.day()));
}

void write_page(const std::string& folder, const ManualPage& page, std::ostream& out) {
  const std::string path = folder + '/' + page.file;
  write_file(path, page.text, Privacy::open);
  out << path << '\n';
}

int run(const Arguments& arguments, Streams streams) {
  if (arguments.has("configuration")) {
    streams.out << config::shipped_configuration();
    return kExitOk;
  }
  const auto folder = arguments.get("directory");
  if (!folder) throw UsageError("needs --directory or --configuration");
  const std::string module_path = arguments.get_or("module-path", default_module_path());
  modules::Loader loader(module_path);
  std::vector<modules::ModuleReport> reports;
  for (const std::string& name : modules::list_modules(module_path)) {
    reports.push_back(modules::inspect(loader, name));
  }
  if (reports.empty()) throw std::runtime_error(module_path + " holds no modules");
  std::filesystem::create_directories(*folder);
  const Edition edition{version_text(), edition_date()};
  write_page(*folder, program_page(all_commands(), edition), streams.out);
  write_page(*folder, configuration_page(reports, edition), streams.out);
  for (const auto& report : reports) write_page(*folder, module_page(report, edition), streams.out);
  return kExitOk;
}

}  // namespace

Command man_command() {
  Command command;
  command.name = "man";
  command.summary = "write the manual pages, or conf/limen.yaml";
  command.details =
      "Pages for limen(8), limen.yaml(5) and every module in the module folder, limen-NAME(7), "
      "made\n"
      "from the program's own tables and the modules' schemas. Prints the names of the files.";
  command.options = {
      {"directory", "DIR", "where the pages go; made when missing"},
      {"module-path", "DIR",
       "folder of the modules; ../lib/limen/modules beside the program when not given"},
      {"configuration", "", "print a configuration file with every option instead"},
  };
  command.hidden = true;
  command.run = run;
  return command;
}

}  // namespace limen::app
