#include "modules/trust.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "modules/loader.h"
#include "support.h"

namespace limen::modules {
namespace {

namespace fs = std::filesystem;
using test::ModuleFolder;

// What the path gate says of a module, with the folder as FOLDER.
std::string judged(const fs::path& folder, const std::string& name, const Pins& pins = {},
                   const fs::path& shown = {}) {
  try {
    Loader(folder).check_trust(name, pins);
  } catch (const LoadError& error) {
    EXPECT_EQ(error.gate(), Gate::path);
    return test::replaced(error.what(), (shown.empty() ? folder : shown).string(), "FOLDER");
  }
  return "trusted";
}

void write(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  ::chmod(file.c_str(), 0644);
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A key pair for one test.
class Signer {
 public:
  Signer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {}
  std::string public_key() const {
    std::string out(32, '\0');
    std::size_t size = out.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
    return out;
  }
  std::string sign(std::string_view bytes) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    std::string out(64, '\0');
    std::size_t size = out.size();
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return out;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

TEST(Trust, EveryFolderOnTheWayIsJudged) {
  const ModuleFolder top;
  const fs::path folder = top.path() / "a" / "b";
  fs::create_directories(folder);
  ::chmod((top.path() / "a").c_str(), 0755);
  ::chmod(folder.c_str(), 0755);
  fs::copy_file(test::fixtures() / "sound.so", folder / "sound.so");
  ::chmod((folder / "sound.so").c_str(), 0644);
  EXPECT_EQ(judged(folder, "sound"), "trusted");
  for (const ::mode_t mode : {0775, 0757}) {
    ::chmod((top.path() / "a").c_str(), mode);
    EXPECT_EQ(judged(folder, "sound", {}, top.path()),
              "on the way to the modules, folder \"FOLDER/a\" may be written by others than its "
              "owner: chmod go-w it");
  }
  ::chmod((top.path() / "a").c_str(), 0755);
  if (::geteuid() != 0) return;  // only root can give folders away
  ASSERT_EQ(::chown((top.path() / "a").c_str(), 12345, 0), 0);
  EXPECT_EQ(judged(folder, "sound", {}, top.path()),
            "on the way to the modules, folder \"FOLDER/a\" belongs to user id 12345, it must "
            "belong to root or the server's user (0): chown it");
}

TEST(Trust, AFolderWhereEverybodyWritesHoldsNoModules) {
  const ModuleFolder top({"sound"});
  ::chmod(top.path().c_str(), 01777);
  EXPECT_EQ(judged(top.path(), "sound"),
            "everybody may put files into the folder \"FOLDER\", where the modules are: keep "
            "modules in a folder of root or the server's user");
}

TEST(Trust, ALinkInAFolderWhereEverybodyWritesIsNotFollowed) {
  const ModuleFolder top, real({"sound"});
  ::chmod(top.path().c_str(), 01777);
  fs::create_directory_symlink(real.path(), top.path() / "modules");
  EXPECT_EQ(
      judged(top.path() / "modules", "sound", {}, top.path()),
      "everybody may put files into the folder \"FOLDER\", where a link leads to the modules: "
      "keep modules in a folder of root or the server's user");
  // A folder of the server's own is another thing: nobody else can take it away.
  fs::remove(top.path() / "modules");
  fs::create_directory(top.path() / "modules");
  ::chmod((top.path() / "modules").c_str(), 0755);
  fs::copy_file(real.path() / "sound.so", top.path() / "modules" / "sound.so");
  EXPECT_EQ(judged(top.path() / "modules", "sound"), "trusted");
}

TEST(Trust, ALinkIsFollowedAndItsTargetJudged) {
  const ModuleFolder top, real({"sound"});
  fs::create_directory_symlink(real.path(), top.path() / "absolute");
  fs::create_directory_symlink("../" + real.path().filename().string(), top.path() / "relative");
  EXPECT_EQ(judged(top.path() / "absolute", "sound"), "trusted");
  EXPECT_EQ(judged(top.path() / "relative", "sound"), "trusted");
  EXPECT_EQ(judged(top.path() / "relative" / ".." / real.path().filename(), "sound"), "trusted");
  ::chmod(real.path().c_str(), 0777);
  EXPECT_EQ(judged(top.path() / "absolute", "sound"),
            "module folder \"FOLDER\" may be written by others than its owner: chmod go-w it");
}

TEST(Trust, LinksThatGoInCirclesEnd) {
  const ModuleFolder top;
  fs::create_directory_symlink("b", top.path() / "a");
  fs::create_directory_symlink("a", top.path() / "b");
  EXPECT_EQ(judged(top.path() / "a", "sound"),
            "module folder \"FOLDER\" cannot be read: Too many levels of symbolic links: set "
            "modulePath to the right one");
  fs::create_symlink("x.so", top.path() / "y.so");
  fs::create_symlink("y.so", top.path() / "x.so");
  EXPECT_EQ(judged(top.path(), "x"),
            "there is no module \"x\": \"FOLDER/x.so\": Too many levels of symbolic links: install "
            "its package or correct the name");
}

TEST(Trust, APipeIsRefusedAndNotWaitedFor) {
  const ModuleFolder folder;
  ASSERT_EQ(::mkfifo((folder.path() / "pipe.so").c_str(), 0644), 0);
  EXPECT_EQ(judged(folder.path(), "pipe"), "module file \"FOLDER/pipe.so\" is not a regular file");
}

TEST(Trust, WhatIsLoadedIsWhatWasOpened) {
  const ModuleFolder folder({"sound"});
  const TrustedFile file = TrustedFile::open(folder.path(), "sound");
  const std::string before = bytes_of(folder.path() / "sound.so");
  fs::rename(folder.path() / "sound.so", folder.path() / "old.so");
  write(folder.path() / "sound.so", "something else");
  EXPECT_EQ(bytes_of(file.by_descriptor()), before);
}

TEST(Trust, ASealedCopyChangesWithNothing) {
  const ModuleFolder folder({"sound"});
  const std::string before = bytes_of(folder.path() / "sound.so");
  TrustedFile file = TrustedFile::open(folder.path(), "sound");
  file.seal();
  EXPECT_TRUE(file.sealed());
  write(folder.path() / "sound.so", "written in place by its owner");
  EXPECT_EQ(bytes_of(file.by_descriptor()), before);
  const int again = ::open(file.by_descriptor().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(again, 0);
  EXPECT_EQ(::write(again, "x", 1), -1);
  EXPECT_EQ(::ftruncate(again, 0), -1);
  EXPECT_EQ(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
  ::close(again);
}

TEST(Trust, ASignatureIsAskedForAndVerified) {
  const ModuleFolder folder({"sound"});
  const Signer acme, other;
  const Pins pins{{}, "acme", acme.public_key()};
  const fs::path signature = folder.path() / "sound.so.sig";
  EXPECT_EQ(judged(folder.path(), "sound", pins),
            "module file \"FOLDER/sound.so\" has no signature \"sound.so.sig\" beside it (No such "
            "file or directory), and it must be signed by acme: install its signature or correct "
            "signedBy");
  const std::string bytes = bytes_of(folder.path() / "sound.so");
  write(signature, acme.sign(bytes));
  EXPECT_EQ(judged(folder.path(), "sound", pins), "trusted");

  const std::string not_by_acme =
      "module file \"FOLDER/sound.so\" does not bear the signature of acme: install file and .sig "
      "of one release, or correct signedBy";
  write(signature, other.sign(bytes));
  EXPECT_EQ(judged(folder.path(), "sound", pins), not_by_acme);
  write(signature, acme.sign(bytes + "\n"));
  EXPECT_EQ(judged(folder.path(), "sound", pins), not_by_acme);
  write(signature, std::string(64, '\0'));
  EXPECT_EQ(judged(folder.path(), "sound", pins), not_by_acme);
  for (const std::size_t size : {0, 63, 65}) {
    write(signature, std::string(size, 'x'));
    EXPECT_EQ(judged(folder.path(), "sound", pins),
              "the signature \"FOLDER/sound.so.sig\" is not one of ed25519, which has 64 bytes: "
              "make it with openssl pkeyutl -sign -rawin");
  }
  // Without the demand nobody looks at it.
  EXPECT_EQ(judged(folder.path(), "sound"), "trusted");
}

TEST(Trust, APinnedModuleIsLoadedFromSealedMemory) {
  const ModuleFolder folder({"sound"});
  Loader loader(folder.path());
  const std::string digest = TrustedFile::open(folder.path(), "sound").sha256();
  const LoadedModulePtr pinned = loader.load("sound", {digest, {}, {}});
  EXPECT_TRUE(pinned->sealed());
  EXPECT_EQ(pinned->sha256(), digest);
  EXPECT_EQ(loader.load("sound", {digest, {}, {}}), pinned);
  const LoadedModulePtr open = loader.load("sound");
  EXPECT_FALSE(open->sealed());
  EXPECT_NE(open, pinned);
  // A loaded module is not above the demands of another entry.
  EXPECT_THROW(loader.load("sound", {std::string(64, '0'), {}, {}}), LoadError);
}

TEST(Trust, AFilePutInThePlaceOfALoadedOneIsAnother) {
  const ModuleFolder folder({"sound", "puppet"});
  Loader loader(folder.path());
  const LoadedModulePtr before = loader.load("sound");
  EXPECT_EQ(loader.load("sound"), before);
  fs::rename(folder.path() / "puppet.so", folder.path() / "sound.so");
  const LoadedModulePtr after = loader.load("sound");
  EXPECT_NE(after, before);
  EXPECT_EQ(after->descriptors().size(), 3u);
  EXPECT_EQ(before->descriptors().size(), 1u);
}

TEST(Trust, WritingIntoALoadedFileIsFoundOut) {
  const ModuleFolder folder({"sound"});
  Loader loader(folder.path());
  loader.load("sound");
  std::ofstream(folder.path() / "sound.so", std::ios::app) << "x";
  try {
    loader.load("sound");
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_STREQ(error.what(),
                 "sound.so was written over in place while its code is in use: put the new file "
                 "there by a rename (install or mv, not cp), or restart the server");
  }
}

}  // namespace
}  // namespace limen::modules
