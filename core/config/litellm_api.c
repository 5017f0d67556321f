/* Vendors and servers that speak OpenAI's API, by the prefixes of LiteLLM. */
#include "config/litellm.h"

static const orx_litellm_api apis[] = {
    {"openai", "https://api.openai.com/v1", "OPENAI_API_KEY"},
    {"anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"},
    {"claude", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"},
    {"gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"},
    {"deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"},
    {"groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"},
    {"mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"},
    {"openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"},
    {"together_ai", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"},
    {"xai", "https://api.x.ai/v1", "XAI_API_KEY"},
    {"lm_studio", "http://127.0.0.1:1234/v1", NULL},
    {"llamafile", "http://127.0.0.1:8080/v1", NULL},
    {"ollama", "http://127.0.0.1:11434/v1", NULL},
    {"ollama_chat", "http://127.0.0.1:11434/v1", NULL},
    {"hosted_vllm", NULL, NULL},
    {"vllm", NULL, NULL},
    {"custom_openai", NULL, NULL},
    {"openai_compatible", NULL, NULL},
    {"openai_like", NULL, NULL},
    {"litellm_proxy", NULL, NULL},
};

static const char foreign[] = "azure|azure_ai|azure_text|bedrock|bedrock_converse|sagemaker|"
                              "sagemaker_chat|vertex_ai|vertex_ai_beta|palm|cohere|cohere_chat|"
                              "huggingface|replicate|watsonx|watsonx_text|oci|snowflake|triton|"
                              "predibase|text-completion-openai|text-completion-codestral";

const orx_litellm_api *orx_litellm_api_find(orx_view prefix) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(apis); i++)
        if (orx_view_ieq(prefix, orx_view_of(apis[i].prefix)))
            return &apis[i];
    return NULL;
}

bool orx_litellm_api_foreign(orx_view prefix) {
    return orx_word_index(foreign, prefix) >= 0;
}

const orx_litellm_api *orx_litellm_api_guess(orx_view model) {
    static const char *const starts[][2] = {
        {"gpt-", "openai"}, {"chatgpt-", "openai"},   {"o1", "openai"},     {"o3", "openai"},
        {"o4", "openai"},   {"claude-", "anthropic"}, {"gemini-", "gemini"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(starts); i++)
        if (orx_view_starts(model, starts[i][0]))
            return orx_litellm_api_find(orx_view_of(starts[i][1]));
    return NULL;
}
