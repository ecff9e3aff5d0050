// limen(8).
#include <algorithm>

#include "app/commands.h"
#include "app/manual.h"
#include "app/roff.h"

namespace limen::app {

namespace {

std::string term_of(const OptionSpec& option) {
  std::string out = option.letter == 0 ? "" : std::string("-") + option.letter + ", ";
  out += "--" + std::string(option.name);
  if (!option.value.empty()) out += " <" + std::string(option.value) + '>';
  return out;
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  if (!text.ends_with('.')) text += '.';
  return text;
}

// The options that many verbs have are told of once.
bool is_common(const OptionSpec& option) {
  const std::vector<OptionSpec> common = configuration_options();
  return std::any_of(common.begin(), common.end(), [&](const OptionSpec& each) {
    return each.name == option.name && each.help == option.help;
  });
}

void add_options(Roff& page, const std::vector<OptionSpec>& options) {
  for (const OptionSpec& option : options) {
    page.item(term_of(option),
              sentence(std::string(option.help) + (option.repeatable ? " (repeatable)" : "")));
  }
}

void add_command(Roff& page, const Command& command) {
  std::string usage = "limen " + std::string(command.name);
  if (!command.options.empty()) usage += " [options]";
  if (!command.operands.empty()) usage += ' ' + std::string(command.operands);
  page.subsection(usage);
  page.paragraph(sentence(std::string(command.summary)));
  page.prose(command.details);
  std::vector<OptionSpec> own;
  bool common = false;
  for (const OptionSpec& option : command.options) {
    if (is_common(option)) {
      common = true;
    } else {
      own.push_back(option);
    }
  }
  add_options(page, own);
  if (common) page.paragraph("And the options of the configuration, below.");
}

void add_files(Roff& page) {
  page.section("FILES");
  page.item(kDefaultConfigFile, "The configuration, see limen.yaml(5).");
  page.item("/var/lib/limen/limen.db",
            "The objects, and beside it its log (-wal, -shm) and its lock (.lock). Copy it with "
            "limen backup, not with cp.");
  page.item("/var/lib/limen/pki",
            "Certificates and keys that limen init made: the authority, the serving "
            "certificate, the administrator's certificate, the key of service account tokens.");
  page.item("/var/lib/limen/admin.kubeconfig",
            "The administrator's kubeconfig, with the key in it.");
  page.item("/usr/lib/limen/modules", "The modules.");
}

void add_backups(Roff& page) {
  page.section("WHAT A BACKUP HOLDS");
  page.paragraph(
      "limen backup copies the objects, Secrets among them, and nothing else: the file is as "
      "secret as the store and is made readable by its owner alone. Certificates, private keys "
      "and the configuration are not in it. They change seldom, and whoever has the keys of the "
      "authorities can make himself anybody: they do not belong into every nightly copy. Keep "
      "one copy of /etc/limen and /var/lib/limen/pki apart from the backups, in a place for "
      "secrets, and renew it when a key is changed:");
  page.example("tar -C / --create --file=limen-keys.tar etc/limen var/lib/limen/pki");
  page.paragraph(
      "With other keys the restored objects are served all the same, but kubeconfigs and tokens "
      "of service accounts that the old keys signed count no more.");
}

}  // namespace

ManualPage program_page(const std::vector<Command>& commands, const Edition& edition) {
  Roff page("limen", 8, edition.date, "Limen " + edition.version, "Limen");
  page.name("limen",
            "API server that speaks the Kubernetes API, with access control made of modules");
  page.section("SYNOPSIS");
  page.item("limen <COMMAND> [options]", "One of the commands below.");
  page.section("DESCRIPTION");
  page.paragraph(
      "Limen serves the Kubernetes API to kubectl and every other client of it. Who a caller "
      "is, what he may do and which objects are acceptable is decided by modules, shared "
      "objects that the configuration lists in the order in which they are asked. Those that "
      "come with Limen have pages of their own; limen.yaml(5) lists them.");
  page.section("COMMANDS");
  for (const Command& command : commands) {
    if (!command.hidden) add_command(page, command);
  }
  page.section("OPTIONS OF THE CONFIGURATION");
  page.paragraph("They win over the file.");
  add_options(page, configuration_options());
  page.section("SIGNALS");
  page.item("SIGTERM, SIGINT", "End limen serve cleanly; a second one ends it at once.");
  page.item("SIGHUP", "Lets limen serve read its configuration again.");
  page.section("EXIT STATUS");
  page.item("0", "Success.");
  page.item("1", "Failure; what failed is told on standard error.");
  page.item("2", "A command line that nobody understands.");
  add_files(page);
  add_backups(page);
  page.section("SEE ALSO");
  page.paragraph("limen.yaml(5), kubectl(1), systemctl(1)");
  return {"limen.8", page.text()};
}

}  // namespace limen::app
