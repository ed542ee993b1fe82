// SPDX-License-Identifier: 0BSD
// The same detector in Rust, std alone: names that begin with "whisper" are audio models. The
// mirrors hold the fields of ABI 1.0 that are used here, in the order of the C headers.
use std::os::raw::c_void;
use std::panic::catch_unwind;
use std::ptr;

type Status = i32;
const OK: Status = 0;
const E_UNSUPPORTED: Status = -2;
const E_INTERNAL: Status = -100;
const CONCURRENT: u32 = 1;
const DETERMINISTIC: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
struct Str {
    data: *const u8,
    len: u64,
}

#[repr(C)]
struct Sink {
    ctx: *mut c_void,
    write: extern "C" fn(*mut c_void, Str),
}

#[repr(C)]
struct DetectIn {
    struct_size: u32,
    flags: u32,
    n: u64,
    names: *const Str,
}

#[repr(C)]
struct DetectOut {
    struct_size: u32,
    flags: u32,
    n: u64,
    kind: *mut u32,
    confidence_ppm: *mut u32,
    runner_up: *mut u32,
    row_flags: *mut u32,
}

#[repr(C)]
struct Detector {
    struct_size: u32,
    flags: u32,
    types: extern "C" fn(*const c_void, *mut *const Str) -> u64,
    detect: extern "C" fn(*mut c_void, *const c_void, *const DetectIn, *mut DetectOut, *mut c_void) -> Status,
    explain: extern "C" fn(*mut c_void, *const c_void, Str, Sink, *mut c_void) -> Status,
}

#[repr(C)]
struct Component {
    struct_size: u32,
    flags: u32,
    kind: Str,
    id: Str,
    summary: Str,
    schema: Str,
    table: *const Detector,
    create: extern "C" fn(*const c_void, Str, *mut *mut c_void, *mut c_void) -> Status,
    destroy: extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct Plugin {
    struct_size: u32,
    component_stride: u32,
    abi_major: u16,
    abi_minor: u16,
    min_host_minor: u16,
    reserved: u16,
    id: Str,
    version: Str,
    vendor: Str,
    components: *const Component,
    component_count: u64,
    extension: extern "C" fn(Str) -> *const c_void,
}

// Everything these point to lives as long as the library and is never written.
unsafe impl Sync for Str {}
unsafe impl Sync for Detector {}
unsafe impl Sync for Component {}
unsafe impl Sync for Plugin {}

const _: () = assert!(std::mem::size_of::<Component>() == 96);
const _: () = assert!(std::mem::size_of::<Plugin>() == 88);

const fn text(s: &'static str) -> Str {
    Str { data: s.as_ptr(), len: s.len() as u64 }
}

const PREFIX: &[u8] = b"whisper";
static TYPES: [Str; 1] = [text("audio_processing")];

extern "C" fn types(_: *const c_void, out: *mut *const Str) -> u64 {
    unsafe { *out = TYPES.as_ptr() };
    TYPES.len() as u64
}

// A panic may not leave the plugin.
fn guarded(body: impl FnOnce() -> Status + std::panic::UnwindSafe) -> Status {
    catch_unwind(body).unwrap_or(E_INTERNAL)
}

extern "C" fn detect(
    _: *mut c_void, _: *const c_void, input: *const DetectIn, output: *mut DetectOut, _: *mut c_void,
) -> Status {
    guarded(|| unsafe {
        let (input, output) = (&*input, &mut *output);
        for i in 0..input.n as usize {
            let name = *input.names.add(i);
            let bytes: &[u8] = if name.len == 0 {
                &[]
            } else {
                std::slice::from_raw_parts(name.data, name.len as usize)
            };
            let speech = bytes.starts_with(PREFIX);
            *output.kind.add(i) = speech as u32;
            *output.confidence_ppm.add(i) = if speech { 950_000 } else { 0 };
            *output.runner_up.add(i) = 0;
            *output.row_flags.add(i) = 0;
        }
        OK
    })
}

extern "C" fn explain(_: *mut c_void, _: *const c_void, _: Str, sink: Sink, _: *mut c_void) -> Status {
    (sink.write)(sink.ctx, text("names that begin with \"whisper\" are audio models"));
    OK
}

extern "C" fn create(_: *const c_void, _: Str, this: *mut *mut c_void, _: *mut c_void) -> Status {
    if this.is_null() {
        return E_UNSUPPORTED;
    }
    unsafe { *this = ptr::null_mut() }; // no state
    OK
}

extern "C" fn destroy(_: *mut c_void) {}

extern "C" fn extension(_: Str) -> *const c_void {
    ptr::null()
}

static TABLE: Detector = Detector {
    struct_size: std::mem::size_of::<Detector>() as u32,
    flags: 0,
    types,
    detect,
    explain,
};

static COMPONENTS: [Component; 1] = [Component {
    struct_size: std::mem::size_of::<Component>() as u32,
    flags: CONCURRENT | DETERMINISTIC,
    kind: text("subnet.detector/1"),
    id: text("speech"),
    summary: text("Speech models by the start of the namespace"),
    schema: text("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"),
    table: &TABLE,
    create,
    destroy,
}];

static PLUGIN: Plugin = Plugin {
    struct_size: std::mem::size_of::<Plugin>() as u32,
    component_stride: std::mem::size_of::<Component>() as u32,
    abi_major: 1,
    abi_minor: 0,
    min_host_minor: 0,
    reserved: 0,
    id: text("example.speech_rust"),
    version: text("1.0.0"),
    vendor: text("example"),
    components: COMPONENTS.as_ptr(),
    component_count: 1,
    extension,
};

// The identity note, read before any code here runs.
#[repr(C, align(4))]
pub struct Note {
    name_size: u32,
    payload_size: u32,
    kind: u32,
    owner: [u8; 8],
    abi_major: u16,
    abi_minor: u16,
    min_host_minor: u16,
    flags: u16,
    id: [u8; 64],
    version: [u8; 24],
}

const fn padded<const N: usize>(s: &str) -> [u8; N] {
    let mut out = [0u8; N];
    let mut i = 0;
    while i < s.len() {
        out[i] = s.as_bytes()[i];
        i += 1;
    }
    out
}

#[used]
#[link_section = ".note.subnetd"]
pub static NOTE: Note = Note {
    name_size: 8,
    payload_size: 96,
    kind: 1,
    owner: *b"subnetd\0",
    abi_major: 1,
    abi_minor: 0,
    min_host_minor: 0,
    flags: 0,
    id: padded("example.speech_rust"),
    version: padded("1.0.0"),
};

#[no_mangle]
pub extern "C" fn sbn_plugin_entry_v1(_: *const c_void, _: *mut c_void) -> *const Plugin {
    &PLUGIN
}
