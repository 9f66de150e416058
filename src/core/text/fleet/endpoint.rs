//! Sentences about the endpoint: its settings, its problems, and its refusals.

sentences! {
    NOT_AN_ADDRESS = "is not an address with a port: write it as 127.0.0.1:9912 or [::1]:9912";
    needs_token(address) =
        "metrics are not served: other machines can reach '{address}'; set 'metrics.token', or listen on 127.0.0.1";
    public_address(address) =
        "metrics are not served: '{address}' is neither this machine's loopback nor in a private network; listen on an \
         address of one of these";
    bad_token(problem) = "metrics are not served: 'metrics.token' {problem}";
    untrusted(key) = "metrics are not served: others could have written '{key}'";
    TOKEN_CHARACTERS =
        "has a character that a header cannot carry: use letters, digits and - . _ ~ + / =, in one word";
    TOKEN_EMPTY = "is empty: give it a value, or null";
    not_listening(address, error) = "metrics are not served: could not listen on {address}: {error}";
    no_thread(error) = "metrics are not served: could not start a thread: {error}";
    // Of `doctor`.
    OFF = "not served ('metrics.listen' is not set)";
    address(address) = "http://{address}/metrics";
    serving(address) = "metrics are served on http://{address}/metrics";
    // Refusals, as the body of the response.
    BAD_REQUEST = "This is not a request that can be understood.";
    NO_HOST = "The request must name the host that it is for, once.";
    foreign_host(host) = "'{host}' is not a name of this machine: ask for it by its address.";
    NO_TOKEN = "The token is missing or wrong: send it as 'Authorization: Bearer TOKEN'.";
    NOT_FOUND = "There is nothing but /metrics.";
    NOT_ALLOWED = "Only GET and HEAD are allowed.";
    TOO_SLOW = "The request took longer than two seconds.";
    TOO_LARGE = "The header of the request is too large.";
    TOO_MANY = "There are too many connections: try again.";
    NO_ANSWER = "Loadline does not answer: try again.";
}
