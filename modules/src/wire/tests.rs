use super::*;

#[test]
fn a_message_comes_back_as_it_was_sent() {
    let sent = ToWorker::Call(Call { id: 7, module: "ping".into(), ..Call::default() });
    let bytes = message_bytes(3, 7, &sent).unwrap();
    let frame = Frame::read(&mut bytes.as_slice()).unwrap().unwrap();
    assert_eq!((frame.header.worker, frame.header.id), (3, 7));
    let ToWorker::Call(call) = frame.message().unwrap() else { panic!("not a call") };
    assert_eq!(call.module, "ping");
}

#[test]
fn a_chunk_travels_raw_and_is_no_message() {
    let bytes = chunk_bytes(0, 9, b"\0\xff\n");
    assert_eq!(bytes.len(), HEADER + 3);
    let frame = Frame::read(&mut bytes.as_slice()).unwrap().unwrap();
    assert_eq!(frame.payload, b"\0\xff\n");
    assert!(frame.message::<ToWorker>().is_err());
}

#[test]
fn a_relayed_frame_changes_only_its_worker() {
    let bytes = chunk_bytes(5, 9, b"x");
    let frame = Frame::read(&mut bytes.as_slice()).unwrap().unwrap();
    assert_eq!(frame.to_bytes_for(0), chunk_bytes(0, 9, b"x"));
}

#[test]
fn the_end_between_frames_is_no_error_but_within_one_is() {
    assert!(Frame::read(&mut [].as_slice()).unwrap().is_none());
    let bytes = chunk_bytes(0, 1, b"abc");
    for cut in 1..bytes.len() {
        let err = Frame::read(&mut &bytes[..cut]).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::UnexpectedEof, "cut at {cut}");
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_kept() {
    let mut bytes = chunk_bytes(0, 1, b"abc");
    bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Frame::read(&mut bytes.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn noise_is_not_a_frame() {
    let noise = b"Welcome to this host, have a nice day\n";
    assert_eq!(Frame::read(&mut noise.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn small_bodies_ride_behind_the_call_until_the_total_is_reached() {
    let body = |name: &str, size| BodyInfo { name: name.into(), size, sha256: String::new() };
    let bodies = [body("a", INLINE), body("big", INLINE + 1), body("b", INLINE), body("c", 1)];
    let names: Vec<_> = inline(&bodies).map(|b| b.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn a_password_does_not_show_in_debug() {
    let it = Become {
        method: "sudo".into(),
        user: "root".into(),
        password: Some("hunter2".into()),
        flags: None,
        exe: None,
        prompts: Vec::new(),
        sha256: String::new(),
        timeout: 0,
    };
    assert!(!format!("{it:?}").contains("hunter2"));
}
