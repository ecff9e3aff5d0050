// Encryption at rest of a configuration: its file read, at the start and again.
//
// A file that cannot be used leaves the keys as they are. Thread rule: make_keyring at start-up,
// the rest from any thread, one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "encryption/keyring.h"

namespace limen::app {

// Null for an empty name. Throws std::runtime_error with one sentence when the file cannot be used.
std::shared_ptr<encryption::Keyring> make_keyring(const std::string& file);

// The part of encryption in a reload of the configuration: reads the file and returns what puts its
// keys in force. Throws std::runtime_error with one sentence, and counts it, when it cannot be
// used.
std::function<void()> prepare_keyring_reload(std::shared_ptr<encryption::Keyring> keyring,
                                             const std::string& file);

// Reads the file again and puts its keys in force; a broken one is logged and counted.
void reload_keyring(const std::shared_ptr<encryption::Keyring>& keyring, const std::string& file);

// A sentence when the file may be read by others than its owner and group; else empty.
std::string exposed_keys(const std::string& file);

// An EncryptionConfiguration with a new random key for Secrets, and identity to read what is plain.
std::string new_encryption_text();

}  // namespace limen::app
