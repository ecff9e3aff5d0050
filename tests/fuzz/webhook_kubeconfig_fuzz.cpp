// Any bytes as the kubeconfig of a webhook: refused with a sentence that names the file, or a
// server that is asked over HTTPS only.
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/kubeconfig.h"

namespace {

// The folder of the files, made once; it goes with the program.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kubeconfig-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  std::string write(const char* name, std::string_view text) const {
    const std::string path = (path_ / name).string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen::plugins;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Files of the system that the bytes might name are none of this.
  if (text.find("/dev") != std::string_view::npos || text.find("/proc") != std::string_view::npos ||
      text.find("/sys") != std::string_view::npos) {
    return 0;
  }
  static const Folder folder;
  static const std::string token = folder.write("token", "secret\n");
  const std::string path = folder.write("kubeconfig", text);
  try {
    const Kubeconfig read = read_kubeconfig(path);
    if (!read.server.starts_with("https://") || read.files.empty()) std::abort();
    if (!read.authorization.empty() && read.authorization.find('\n') != std::string::npos) {
      std::abort();
    }
    read.request();
  } catch (const KubeconfigError& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
  try {
    read_kubeconfig_users(path);
  } catch (const KubeconfigError& error) {
    if (!std::string_view(error.what()).starts_with(path.substr(0, path.rfind('/')))) std::abort();
  }
  return 0;
}

#include "replay_main.h"
