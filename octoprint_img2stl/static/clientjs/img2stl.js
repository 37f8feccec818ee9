(function (global, factory) {
    if (typeof define === "function" && define.amd) {
        define(["OctoPrintClient"], factory);
    } else {
        factory(global.OctoPrintClient);
    }
})(this, function (OctoPrintClient) {
    const Img2StlClient = function (base) {
        this.base = base;
        this.baseUrl = base.getBlueprintUrl("img2stl");
    };

    const jobUrl = function (id, action) {
        return "jobs/" + encodeURIComponent(id) + (action ? "/" + action : "");
    };

    const itemUrl = function (id, action) {
        return "queue/" + encodeURIComponent(id) + (action ? "/" + action : "");
    };

    Img2StlClient.prototype.get = function (path, opts) {
        return this.base.get(this.baseUrl + path, opts);
    };

    Img2StlClient.prototype.post = function (path, data, opts) {
        return this.base.postJson(this.baseUrl + path, data || {}, opts);
    };

    Img2StlClient.prototype.remove = function (path, opts) {
        return this.base.delete(this.baseUrl + path, opts);
    };

    //~~ everything the tab shows first

    Img2StlClient.prototype.getState = function (opts) {
        return this.get("state", opts);
    };

    Img2StlClient.prototype.testSlicers = function (opts) {
        return this.post("slicers/test", {}, opts);
    };

    //~~ jobs

    // resolves with [json, status, request] and notifies {loaded, total}, as OctoPrint.upload does
    Img2StlClient.prototype.upload = function (file, filename) {
        return this.base.upload(this.baseUrl + "uploads", file, filename);
    };

    Img2StlClient.prototype.createSample = function (opts) {
        return this.post("jobs/sample", {}, opts);
    };

    // meshes among OctoPrint's own files: {files: [{path, name, size, date}]}
    Img2StlClient.prototype.getMeshFiles = function (opts) {
        return this.get("jobs/files", opts);
    };

    Img2StlClient.prototype.createFromFile = function (path, opts) {
        return this.post("jobs/from-file", {path: path}, opts);
    };

    Img2StlClient.prototype.getJob = function (id, opts) {
        return this.get(jobUrl(id), opts);
    };

    // as upload; resolves once the photo was found good, rejects with its problem otherwise
    Img2StlClient.prototype.addPhoto = function (id, file, filename) {
        return this.base.upload(this.baseUrl + jobUrl(id, "photos"), file, filename);
    };

    Img2StlClient.prototype.removePhoto = function (id, number, opts) {
        return this.remove(jobUrl(id, "photos/" + number), opts);
    };

    Img2StlClient.prototype.preview = function (id, params, opts) {
        return this.post(jobUrl(id, "preview"), {params: params}, opts);
    };

    // ways to stand on the bed, best first
    Img2StlClient.prototype.orient = function (id, params, opts) {
        return this.post(jobUrl(id, "orient"), {params: params}, opts);
    };

    //~~ solids made of photos

    const candidateUrl = function (id, number, action) {
        return jobUrl(id, "candidates/" + number + (action ? "/" + action : ""));
    };

    // {views: [{number, role, picture, how, coverage, notices}]}: the subject cut out
    Img2StlClient.prototype.cutOut = function (id, params, opts) {
        return this.post(jobUrl(id, "cutout"), {params: params}, opts);
    };

    // agreed: the host to which the photos may be sent, or null; where that was never said
    // it answers 409 with the code solid.ask_first
    Img2StlClient.prototype.generate = function (id, params, agreed, opts) {
        return this.post(jobUrl(id, "generate"), {params: params, agreed: agreed}, opts);
    };

    Img2StlClient.prototype.chooseCandidate = function (id, number, opts) {
        return this.post(candidateUrl(id, number, "choose"), {}, opts);
    };

    // agreedToPay: also where it may be charged a second time
    Img2StlClient.prototype.resendCandidate = function (id, number, agreedToPay, opts) {
        return this.post(
            candidateUrl(id, number, "resend"),
            {agreed_to_pay: !!agreedToPay},
            opts
        );
    };

    Img2StlClient.prototype.deleteCandidate = function (id, number, opts) {
        return this.remove(candidateUrl(id, number), opts);
    };

    // {url, bytes} of the finished mesh in another format
    Img2StlClient.prototype.exportMesh = function (id, format, opts) {
        return this.post(jobUrl(id, "export"), {format: format}, opts);
    };

    Img2StlClient.prototype.make = function (id, params, opts) {
        return this.post(jobUrl(id, "make"), {params: params}, opts);
    };

    Img2StlClient.prototype.cancelJob = function (id, opts) {
        return this.post(jobUrl(id, "cancel"), {}, opts);
    };

    Img2StlClient.prototype.continueJob = function (id, opts) {
        return this.post(jobUrl(id, "continue"), {}, opts);
    };

    Img2StlClient.prototype.copyJob = function (id, opts) {
        return this.post(jobUrl(id, "copy"), {}, opts);
    };

    Img2StlClient.prototype.deleteJob = function (id, opts) {
        return this.remove(jobUrl(id), opts);
    };

    //~~ queue

    Img2StlClient.prototype.getQueue = function (opts) {
        return this.get("queue", opts);
    };

    Img2StlClient.prototype.addToQueue = function (job, opts) {
        return this.post("queue", {job: job}, opts);
    };

    Img2StlClient.prototype.removeFromQueue = function (item, opts) {
        return this.remove(itemUrl(item), opts);
    };

    Img2StlClient.prototype.moveInQueue = function (item, position, opts) {
        return this.post(itemUrl(item, "move"), {position: position}, opts);
    };

    Img2StlClient.prototype.pauseQueue = function (opts) {
        return this.post("queue/pause", {}, opts);
    };

    Img2StlClient.prototype.resumeQueue = function (opts) {
        return this.post("queue/resume", {}, opts);
    };

    Img2StlClient.prototype.clearQueue = function (opts) {
        return this.post("queue/clear", {}, opts);
    };

    Img2StlClient.prototype.confirmBedClear = function (item, bedGeneration, opts) {
        return this.post(
            itemUrl(item, "bed-clear"),
            {bed_generation: bedGeneration},
            opts
        );
    };

    Img2StlClient.prototype.startItem = function (item, token, opts) {
        return this.post(itemUrl(item, "start"), {token: token}, opts);
    };

    //~~ endpoints, for administrators

    const endpointUrl = function (id, action) {
        return "endpoints/" + encodeURIComponent(id) + (action ? "/" + action : "");
    };

    // without a secret the saved one stays, null clears it
    const described = function (endpoint, secret) {
        return secret === undefined
            ? {endpoint: endpoint}
            : {endpoint: endpoint, secret: secret};
    };

    Img2StlClient.prototype.getEndpoints = function (opts) {
        return this.get("endpoints", opts);
    };

    Img2StlClient.prototype.addEndpoint = function (endpoint, secret, opts) {
        return this.post("endpoints", described(endpoint, secret), opts);
    };

    Img2StlClient.prototype.changeEndpoint = function (id, endpoint, secret, opts) {
        const url = this.baseUrl + endpointUrl(id);
        return this.base.putJson(url, described(endpoint, secret), opts);
    };

    Img2StlClient.prototype.removeEndpoint = function (id, opts) {
        return this.remove(endpointUrl(id), opts);
    };

    // resolves also when it does not answer: {ok, kind, message, problem, capabilities}
    Img2StlClient.prototype.testEndpoint = function (id, opts) {
        return this.post(endpointUrl(id, "test"), {}, opts);
    };

    //~~ slicer profiles

    const profileUrl = function (id, action) {
        return "profiles/" + encodeURIComponent(id) + (action ? "/" + action : "");
    };

    const uploadedUrl = function (token) {
        return profileUrl("uploads", encodeURIComponent(token));
    };

    // {profiles, defaults: {material: id}, printer: {id, name}, vendors, may: {add, gcode, defaults}}
    Img2StlClient.prototype.profiles = function (opts) {
        return this.get("profiles", opts);
    };

    // {models: [{vendor, vendor_name, id, name, variants, nozzle}], total}
    Img2StlClient.prototype.profileModels = function (q, opts) {
        return this.get("profiles/models?" + $.param({q: q || ""}), opts);
    };

    // what goes with the picks {vendor, model, printer, print, filament}, defaults first
    Img2StlClient.prototype.profileOptions = function (picks, opts) {
        return this.get("profiles/options?" + $.param(picks), opts);
    };

    // {draft}, or {profile} where save is true
    Img2StlClient.prototype.vendorProfile = function (body, opts) {
        return this.post("profiles/vendor", body, opts);
    };

    // saves the choices of a slice as a profile; {profile}
    Img2StlClient.prototype.keepChoices = function (slicing, name, opts) {
        const body = {slicing: slicing, name: name || ""};
        return this.post("profiles/plain", body, opts);
    };

    // as upload; {token, draft}
    Img2StlClient.prototype.uploadProfile = function (file, filename) {
        return this.base.upload(this.baseUrl + "profiles/uploads", file, filename);
    };

    // {token, draft}, or {profile} where save is true
    Img2StlClient.prototype.uploadedProfile = function (token, body, opts) {
        return this.post(uploadedUrl(token), body, opts);
    };

    Img2StlClient.prototype.dropProfile = function (token, opts) {
        return this.remove(uploadedUrl(token), opts);
    };

    // {profile} with its values
    Img2StlClient.prototype.profile = function (id, opts) {
        return this.get(profileUrl(id), opts);
    };

    // {name, material, values: {key: text, or null to take it out}}, all of them optional
    Img2StlClient.prototype.changeProfile = function (id, body, opts) {
        return this.base.putJson(this.baseUrl + profileUrl(id), body, opts);
    };

    Img2StlClient.prototype.removeProfile = function (id, opts) {
        return this.remove(profileUrl(id), opts);
    };

    // where the browser finds it as a file for its slicer
    Img2StlClient.prototype.profileFileUrl = function (id) {
        return this.baseUrl + profileUrl(id, "export");
    };

    // {keys: [{key, label, help, unit, kind, choices, category, default}]}
    Img2StlClient.prototype.profileKeys = function (engine, opts) {
        return this.get(profileUrl("keys", encodeURIComponent(engine)), opts);
    };

    // an empty id: none is taken by itself any more
    Img2StlClient.prototype.setProfileDefault = function (material, id, opts) {
        const url = this.baseUrl + profileUrl("defaults");
        return this.base.putJson(url, {material: material, profile: id || ""}, opts);
    };

    // sets OctoPrint's current printer profile; {machine, contradictions}
    Img2StlClient.prototype.setPrinterFromProfile = function (id, opts) {
        return this.post(profileUrl("printer"), {profile: id}, opts);
    };

    OctoPrintClient.registerPluginComponent("img2stl", Img2StlClient);
    return Img2StlClient;
});
