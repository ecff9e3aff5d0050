// acme-visitors: a credential and the rights that come with it, in one file.
//
// The configuration lists the module twice, once among the authenticators and once among the
// authorizers; each takes the plugin of its kind, with a config of its own.

#include "visitors.h"

LIMEN_EXPORT_MODULE(limen::authenticator<acme::Passes>({
                        .id = "acme-visitors",
                        .version = "1.0.0",
                        .vendor = "Acme",
                        .url = "https://acme.example/limen",
                        .summary = "Knows visitors by their passes.",
                        .config_schema = acme::Passes::kSchema,
                        .required = {LIMEN_EXECUTOR},
                        .by_token = true,
                    }),
                    limen::authorizer<acme::Rights>({
                        .id = "acme-visitors",
                        .version = "1.0.0",
                        .vendor = "Acme",
                        .url = "https://acme.example/limen",
                        .summary = "Lets visitors look around where they visit.",
                        .config_schema = acme::Rights::kSchema,
                    }))
